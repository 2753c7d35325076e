const { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const zlib = require('node:zlib');
const { engine, isOurs } = require('./load.js');

/** How many of a user's cache files are kept, of all commands and versions of keywright and Node. */
const KEPT = 32;
const NAME = /^[0-9a-f]{8}\.code(\.\d+)?$/;

/** Makes the cache file of what has been compiled of a file of the program. */
function encodeCache({ build, script, starts }) {
  const data = script.createCachedData();
  const description = Buffer.from(
    JSON.stringify({ build, engine: engine(), crc32: zlib.crc32(data), starts }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(description.length);
  return Buffer.concat([data, description, length]);
}

/** Writes the user's own cache file, if it has a place and that can be. */
function keepCache(path, file) {
  try {
    if (path !== undefined) write(path, encodeCache(file));
  } catch {
    // Without it, the next start takes longer.
  }
}

function write(path, octets) {
  const directory = dirname(path);
  if (process.getuid() === 0 && ownerAbove(directory) !== 0) return; // root leaves nothing in others' directories
  for (const each of [dirname(directory), directory]) makeDirectory(each);
  if (!isOurs(lstatSync(directory))) return;
  const draft = `${path}.${process.pid}`;
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, octets, { flag: 'wx', mode: 0o600 });
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

module.exports = { encodeCache, keepCache };
