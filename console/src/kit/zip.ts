/** A file of an archive. `mode` is that of Unix: 0o600 for what only its owner may read. */
export interface Entry {
  readonly name: string;
  readonly data: string;
  readonly mode: number;
}

const encoder = new TextEncoder();
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Makes a ZIP archive, without compression: a few keys are small. APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16 */
export function zip(entries: readonly Entry[], now = new Date()): Uint8Array<ArrayBuffer> {
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  const files: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data, mode } of entries) {
    const nameBytes = encoder.encode(name);
    const content = encoder.encode(data);
    // Version 2.0; names in UTF-8; stored.
    const common = [
      ...[u16(20), u16(0x0800), u16(0), u16(time), u16(date)],
      ...[u32(crc32(content)), u32(content.length), u32(content.length), u16(nameBytes.length), u16(0)],
    ];
    const file = joined([u32(0x04034b50), ...common, nameBytes, content]);
    // Made on Unix, so that the mode is heeded.
    const attributes = ((0o100000 | mode) << 16) >>> 0;
    const where = [u16(0), u16(0), u16(0), u32(attributes), u32(offset)];
    directory.push(joined([u32(0x02014b50), u16(0x0314), ...common, ...where, nameBytes]));
    files.push(file);
    offset += file.length;
  }
  const index = joined(directory);
  const count = u16(entries.length);
  const end = [u32(0x06054b50), u16(0), u16(0), count, count, u32(index.length), u32(offset), u16(0)];
  return joined([...files, index, ...end]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
