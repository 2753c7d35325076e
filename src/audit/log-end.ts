import type { FileHandle } from 'node:fs/promises';
import { type ChainEnd, endBehind, isBegun, START } from './chain.js';

/** The place in the newest file where the next line goes. */
export interface LogEnd {
  readonly end: ChainEnd;
  /** The length of what stays, in octets. */
  readonly size: number;
  /** True if somebody else wrote what is there, and the next line needs a line end in front. */
  readonly isDamaged: boolean;
}

const LINE_END = 10;
// Nearly always the head names the last line but one: an action, and behind it the outcome. Behind those of a change of
// many records are as many outcomes.
const WINDOWS = [16 * 1024, 1024 * 1024, 32 * 1024 * 1024];

/**
 * Finds the end of the newest file. The head may be some lines behind: a killed writer, or one that found the disk full, did
 * not come to write it. Lines behind the head count if they continue it, and half a line that would be the next goes.
 */
export async function findEnd(file: FileHandle, head: ChainEnd): Promise<LogEnd> {
  const { size } = await file.stat();
  for (const window of WINDOWS) {
    const from = Math.max(0, size - window);
    const found = endWithin(await read(file, { from, to: size }), { from, head });
    if (found !== undefined) return found;
    if (from === 0) break;
  }
  return { end: head, size, isDamaged: (await read(file, { from: size - 1, to: size })).at(-1) !== LINE_END };
}

function endWithin(
  text: Buffer,
  { from, head }: { readonly from: number; readonly head: ChainEnd },
): LogEnd | undefined {
  // The head names a line of this file, or the last line of the file before.
  const named = text.lastIndexOf(`"hash":"${head.hash}"}\n`);
  if (named === -1 && !(from === 0 && mayFollow(text, head))) return undefined;
  let end = head;
  let begin = named === -1 ? 0 : text.indexOf(LINE_END, named) + 1;
  const whole = from + text.length;
  for (let next = text.indexOf(LINE_END, begin); next !== -1; next = text.indexOf(LINE_END, begin)) {
    const behind = endBehind(text.toString('utf8', begin, next), end);
    // What does not continue the chain was not written by us: it stays, and so does the fault.
    if (behind === undefined) return { end, size: whole, isDamaged: text.at(-1) !== LINE_END };
    end = behind;
    begin = next + 1;
  }
  const half = text.toString('utf8', begin);
  return isBegun(half, end)
    ? { end, size: from + begin, isDamaged: false }
    : { end, size: whole, isDamaged: true };
}

/** Tells if a file may be the one behind the head's line. */
function mayFollow(text: Buffer, { seq, hash }: ChainEnd): boolean {
  const first = text.toString('utf8', 0, Math.max(0, text.indexOf(LINE_END)));
  return text.length === 0 || seq === START.seq || first.includes(`"previous":"${hash}"`);
}

async function read(
  file: FileHandle,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Buffer> {
  const length = to - from;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}
