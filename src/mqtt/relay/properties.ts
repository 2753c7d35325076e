// MQTT 5 section 2.2.2.2: how long the values of properties are that a PUBLISH or a SUBSCRIBE may have.
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 1: 1, 2: 4, 35: 2 };
const TEXTS: ReadonlySet<number> = new Set([0x03, 0x08, 0x09]);
const NUMBER = 0x0b;
const TEXT_PAIR = 0x26;
const TOPIC_ALIAS = 0x23;

/** A number of up to four octets, seven bits each, and where it ends; undefined where it does not end before `limit`. */
export function readNumber(
  bytes: Buffer,
  start: number,
  limit: number,
): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = start; index < Math.min(limit, start + 4); index += 1) {
    const octet = bytes[index] ?? 0;
    value += (octet & 0x7f) << (7 * (index - start));
    if (octet < 0x80) return { value, end: index + 1 };
  }
  return undefined;
}

/** The topic alias among the properties of a PUBLISH, MQTT 5 section 3.3.2.3; undefined where there is none. */
export function readTopicAlias(properties: Buffer): number | 'malformed' | undefined {
  let alias: number | undefined;
  for (let index = 0; index < properties.length; ) {
    const id = properties[index] ?? 0;
    const end = valueEnd(properties, { id, start: index + 1 });
    if (end === undefined || end > properties.length) return 'malformed';
    if (id === TOPIC_ALIAS) {
      // It is an error to include it twice: who reads the first would not know what who reads the last does.
      if (alias !== undefined) return 'malformed';
      alias = properties.readUInt16BE(index + 1);
    }
    index = end;
  }
  return alias;
}

function valueEnd(
  bytes: Buffer,
  { id, start }: { readonly id: number; readonly start: number },
): number | undefined {
  const fixed = FIXED_LENGTHS[id];
  if (fixed !== undefined) return start + fixed;
  if (TEXTS.has(id)) return textEnd(bytes, start);
  if (id === NUMBER) return readNumber(bytes, start, bytes.length)?.end;
  if (id !== TEXT_PAIR) return undefined;
  const name = textEnd(bytes, start);
  return name === undefined ? undefined : textEnd(bytes, name);
}

function textEnd(bytes: Buffer, start: number): number | undefined {
  return start + 2 > bytes.length ? undefined : start + 2 + bytes.readUInt16BE(start);
}
