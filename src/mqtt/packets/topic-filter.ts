/** A topic filter in its parts. */
export interface ParsedFilter {
  /** Without the share in front. */
  readonly filter: string;
  /** The group of a shared subscription. */
  readonly share: string | undefined;
}

/** Takes a filter apart. MQTT 5 sections 4.7.1 and 4.8.2. @returns undefined if it is none */
export function parseFilter(text: string): ParsedFilter | undefined {
  if (!text.startsWith('$share/')) return isFilter(text) ? { filter: text, share: undefined } : undefined;
  const nameEnd = text.indexOf('/', SHARE_LENGTH);
  const share = text.slice(SHARE_LENGTH, nameEnd);
  // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
  if (nameEnd < 0 || share === '' || /[+#]/.test(share)) return undefined;
  const filter = text.slice(nameEnd + 1);
  return isFilter(filter) ? { filter, share } : undefined;
}

const SHARE_LENGTH = '$share/'.length;

// [MQTT-4.7.1-1], [MQTT-4.7.1-2]: a wildcard fills its level, and # is the last one. [MQTT-4.7.3-1]: it is not empty.
function isFilter(text: string): boolean {
  // Brokers put U+FFFD in place of octets that are no UTF-8: no client means it.
  if (text === '' || text.includes('\ufffd')) return false;
  if (!text.includes('#') && !text.includes('+')) return true;
  return /^(\+|[^+#/]*)(\/(\+|[^+#/]*))*(\/#)?$|^#$/.test(text);
}
