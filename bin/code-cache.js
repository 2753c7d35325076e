import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import zlib from 'node:zlib';

// A cache file is V8's data, a description in JSON, and the description's length in four octets. V8 checks neither the data nor
// which program it is of, but for the length of its source, and crashes on data that was damaged.

/** @typedef {{ readonly data: Buffer, readonly commands: readonly string[] }} Cache what V8 compiled, and the commands that ran */

/** How many of a user's cache files are kept, of all versions of keywright and Node. */
const KEPT = 8;
const NAME = /^[0-9a-f]{8}\.code(\.\d+)?$/;

/** @param {string} build which program, by its content @param {Cache} cache */
export function encodeCache(build, { data, commands }) {
  const description = Buffer.from(
    JSON.stringify({ build, engine: engine(), crc32: zlib.crc32(data), commands }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(description.length);
  return Buffer.concat([data, description, length]);
}

/** Reads a cache file of the package. @returns {Cache | undefined} undefined unless it is whole, of this program and for this Node */
export function readCache(path, build) {
  try {
    return decode(readFileSync(path), build);
  } catch {
    return undefined;
  }
}

/** Reads the user's own cache file, which nobody else can have written. @returns {Cache | undefined} */
export function readOwnCache(build) {
  const path = ownPath(build);
  let file;
  try {
    if (!isOurs(lstatSync(dirname(path)))) return undefined;
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const found = fstatSync(file);
    return found.isFile() && isOurs(found) ? decode(readFileSync(file), build) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Writes the user's own cache file, if that can be. @param {Cache} cache */
export function keepOwnCache(build, cache) {
  try {
    const path = ownPath(build);
    if (path !== undefined) write(path, encodeCache(build, cache));
  } catch {
    // Without it, the next start takes longer.
  }
}

function write(path, file) {
  const directory = dirname(path);
  if (process.getuid() === 0 && ownerAbove(directory) !== 0) return; // root leaves nothing in others' directories
  for (const each of [dirname(directory), directory]) makeDirectory(each);
  if (!isOurs(lstatSync(directory))) return;
  const draft = `${path}.${process.pid}`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, file, { flag: 'wx', mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  sweep(directory);
}

// Without `recursive`, which never ends where a file system says that what it is asked to make does not exist (/proc).
function makeDirectory(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

function decode(file, build) {
  const end = file.length - 4;
  const start = end - file.readUInt32LE(end);
  const data = file.subarray(0, start);
  const { commands, ...description } = JSON.parse(file.toString('utf8', start, end));
  const fits =
    description.build === build && description.engine === engine() && description.crc32 === zlib.crc32(data);
  return fits ? { data, commands } : undefined;
}

function engine() {
  return `${process.versions.v8} ${process.arch}`;
}

/** The path depends on Node's options, too, since V8 takes no cache that was made under others. */
function ownPath(build) {
  const { XDG_CACHE_HOME = '', HOME = '', NODE_OPTIONS = '' } = process.env;
  const caches = isAbsolute(XDG_CACHE_HOME)
    ? XDG_CACHE_HOME
    : isAbsolute(HOME)
      ? join(HOME, '.cache')
      : undefined;
  // Windows does not say who may write a file.
  if (caches === undefined || process.getuid === undefined) return undefined;
  const key = zlib.crc32([build, engine(), ...process.execArgv, NODE_OPTIONS].join('\0'));
  return join(caches, 'keywright', `${key.toString(16).padStart(8, '0')}.code`);
}

function isOurs({ uid, mode }) {
  return uid === process.getuid() && (mode & 0o022) === 0;
}

function ownerAbove(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.uid ?? ownerAbove(dirname(path));
}

function sweep(directory) {
  const files = readdirSync(directory)
    .filter((name) => NAME.test(name))
    .map((name) => ({ path: join(directory, name), at: statSync(join(directory, name)).mtimeMs }));
  for (const { path } of files.sort((one, other) => other.at - one.at).slice(KEPT))
    rmSync(path, { force: true });
}
