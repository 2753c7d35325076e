import { KeywrightError } from '../core/model/errors.js';
import { ATTRIBUTE_TYPES, type AttributeType, type DistinguishedName } from './x509.js';

/** Reads a subject written as `CN=Plant CA,O=Example` or `/CN=Plant CA/O=Example`. A backslash keeps a separator. @throws KeywrightError `invalid-input` if it is none */
export function parseSubject(text: string): DistinguishedName {
  const separator = text.startsWith('/') ? '/' : ',';
  const attributes = (text.startsWith('/') ? text.slice(1) : text)
    .split(new RegExp(`(?<!\\\\)${separator}`))
    .map((part) => attribute(part.trim(), text));
  if (!attributes.some(({ type }) => type === 'CN')) throw notASubject(text);
  return attributes;
}

function attribute(part: string, subject: string): DistinguishedName[number] {
  const [, typed = '', written = ''] = /^([A-Za-z]{1,2})=(.+)$/.exec(part) ?? [];
  const type = Object.keys(ATTRIBUTE_TYPES).find(
    (known): known is AttributeType => known === typed.toUpperCase(),
  );
  const value = written.replace(/\\(.)/g, '$1').trim();
  // RFC 5280 appendix A.1: at most 64 characters, and two letters for a country
  const fits = type === 'C' ? /^[A-Za-z]{2}$/.test(value) : value.length > 0 && value.length <= 64;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (type === undefined || !fits || /[\x00-\x1f\x7f]/.test(value)) throw notASubject(subject);
  return { type, value };
}

function notASubject(text: string): KeywrightError {
  return new KeywrightError('invalid-input', `${JSON.stringify(text.slice(0, 120))} is not a subject`, {
    hint: `write it as "CN=Plant CA,O=Example"; it needs a CN, and may have ${Object.keys(ATTRIBUTE_TYPES).join(', ')}`,
  });
}
