import { inflateRawSync } from 'node:zlib';

// APPNOTE.TXT of PKWARE, 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end).
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const END_SIZE = 22;
const LONGEST_ENTRY = 100_000;

/** Reads the first entry of a ZIP archive whose name passes; undefined if there is none, or if it cannot be read. */
export function readArchived(archive: Buffer, isWanted: (name: string) => boolean): Buffer | undefined {
  try {
    const end = endOf(archive);
    let at = archive.readUInt32LE(end + 16);
    for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
      if (archive.readUInt32LE(at) !== CENTRAL) return undefined;
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
        archive.readUInt16LE(at + field),
      );
      const nameEnd = at + 46 + (nameLength ?? 0);
      const name = archive.toString('utf8', at + 46, nameEnd);
      if (isWanted(name)) return contentAt(archive, at);
      at = nameEnd + (extraLength ?? 0) + (commentLength ?? 0);
    }
    return undefined;
  } catch {
    return undefined;
  }
}

function endOf(archive: Buffer): number {
  for (let at = archive.length - END_SIZE; at >= 0; at -= 1) if (archive.readUInt32LE(at) === END) return at;
  throw new Error('not an archive');
}

function contentAt(archive: Buffer, entry: number): Buffer {
  const [method, size, local] = [
    archive.readUInt16LE(entry + 10),
    archive.readUInt32LE(entry + 20),
    archive.readUInt32LE(entry + 42),
  ];
  if (archive.readUInt32LE(local) !== LOCAL) throw new Error('not an archive');
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const data = archive.subarray(start, start + size);
  return method === 0 ? data : inflateRawSync(data, { maxOutputLength: LONGEST_ENTRY });
}
