import type { FileHandle } from 'node:fs/promises';

// A longer line is none of ours, and must not fill the memory.
const MAX_LINE = 64 * 1024;
const CHUNK = 64 * 1024;
const LINE_END = 10;

/** Reads the lines of a file from its end on, as it was when it had `size` octets. */
export async function* linesFromEnd(
  file: FileHandle,
  size: number,
): AsyncGenerator<{ readonly text: string; readonly isWhole: boolean }, void> {
  let rest: Buffer = Buffer.alloc(0);
  let position = size;
  let isWhole = false;
  while (position > 0 && rest.length <= MAX_LINE) {
    const wanted = Math.min(CHUNK, position);
    position -= wanted;
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    const part = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
    let end = part.length;
    for (
      let at = part.lastIndexOf(LINE_END);
      at !== -1;
      at = at === 0 ? -1 : part.lastIndexOf(LINE_END, at - 1)
    ) {
      // Behind the last line end there is nothing, or half a line.
      if (isWhole || at + 1 < end) yield { text: part.toString('utf8', at + 1, end), isWhole };
      isWhole = true;
      end = at;
    }
    rest = part.subarray(0, end);
  }
  if (size > 0) yield { text: rest.toString('utf8'), isWhole };
}
