const { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readSync } = require('node:fs');
const { createRequire, Module } = require('node:module');
const { dirname, isAbsolute, join } = require('node:path');
const vm = require('node:vm');
const zlib = require('node:zlib');

const root = `${dirname(__dirname)}/`;

// A server forgets what it compiled for its start and has not used for long.
const COMPLETE_FOR_SECONDS = 30;

// The first start of a command does what is done once, as for a new home; the second what each does.
const COMPLETE_AFTER = 2;

const LONGEST_DESCRIPTION = 1024;

/** The command whose code V8's caches have for any command that has none yet, of those that the package has caches for. */
const COMMON = 'key:list';

/** The files of the program that are in use; `starts` counts how many have been compiled into the user's cache. */
const loaded = [];

/** Loads the program through V8's code cache for a command: the package's, or where that is for another Node, the user's. */
function load(argv = []) {
  return loadFile('main.cjs', argv);
}

/** Writes the user's caches at the end of a command, the first times. */
function keepCompiled(exitCode) {
  if (exitCode !== 0 || process.uptime() > COMPLETE_FOR_SECONDS) return;
  for (const file of loaded.filter(({ starts }) => starts < COMPLETE_AFTER))
    require('./keep-cache.js').keepCache(ownPath(file), { ...file, starts: file.starts + 1 });
}

function loadFile(name, argv) {
  const path = join(root, 'dist', name);
  // The files are ASCII, which latin1 reads without decoding. They begin with a comment: their hash, and the commands' ids.
  const source = readFileSync(path, 'latin1');
  const [build, ...ids] = source.slice(2, source.indexOf('*/')).split(' ');
  const file = { path, build, command: commandOf(argv, ids) };
  const compiled = compileFrom(path, source, readCache(file)) ??
    compileFrom(path, source, readOwnCache(file)) ?? {
      script:
        compileFrom(path, source, readCache({ ...file, command: COMMON }))?.script ?? compile(path, source),
      starts: 0,
    };
  loaded.push({ ...file, ...compiled });
  return evaluate(path, compiled.script, argv);
}

/** undefined if there is no cache, or V8 refuses it, as it was made under other options. */
function compileFrom(path, source, cache) {
  if (cache === undefined) return undefined;
  const script = compile(path, source, cache.data);
  return script.cachedDataRejected ? undefined : { script, starts: cache.starts };
}

function compile(filename, source, cachedData) {
  return new vm.Script(source, { filename, cachedData });
}

function evaluate(path, script, argv) {
  const module = new Module(path);
  module.filename = path;
  const require = createRequire(path);
  require.cache[path] = module; // oclif asks for its commands by this path and gets what is loaded here
  const requireHere = (id) => (id === './rest.cjs' ? loadFile('rest.cjs', argv) : require(id));
  const withParts = Object.assign(requireHere, require);
  script.runInThisContext()(module, withParts, dirname(path));
  module.loaded = true;
  return module.exports;
}

// A cache file is V8's data, a description in JSON, and the description's length in four octets. V8 checks neither the data nor
// which program it is of, but for the length of its source, and crashes on data that was damaged.

/** Reads a cache file of the package. @returns `{ data, starts }`, V8's data; undefined unless it is whole, of this program and for this Node */
function readCache(file) {
  return readIf({ path: packagedPath(file), build: file.build });
}

/** Reads the user's own cache file, which nobody else can have written. */
function readOwnCache(file) {
  const path = ownPath(file);
  const isTrusted = (found) => isOurs(found) && isOurs(lstatSync(dirname(path)));
  return readIf({ path, build: file.build, flags: constants.O_NOFOLLOW, isTrusted });
}

function packagedPath({ path, command }) {
  return `${path}.${command.replaceAll(':', '-')}.cache`;
}

function readIf({ path, build, flags = 0, isTrusted = () => true }) {
  let file;
  try {
    file = openSync(path, constants.O_RDONLY | flags);
    const found = fstatSync(file);
    return found.isFile() && isTrusted(found) ? read(file, found.size, build) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

// Most files that are for another Node are known by their end.
function read(file, size, build) {
  const end = part(file, Math.max(0, size - LONGEST_DESCRIPTION), size);
  const text = end.subarray(-4 - end.readUInt32LE(end.length - 4), -4);
  const description = JSON.parse(text);
  if (description.build !== build || description.engine !== engine()) return undefined;
  const data = part(file, 0, size - text.length - 4);
  return description.crc32 === zlib.crc32(data) ? { data, starts: description.starts } : undefined;
}

function part(file, from, to) {
  const octets = Buffer.allocUnsafeSlow(to - from);
  readSync(file, octets, 0, octets.length, from);
  return octets;
}

function engine() {
  return `${process.versions.v8} ${process.arch}`;
}

/** The path depends on Node's options, too, since V8 takes no cache that was made under others. */
function ownPath({ build, command }) {
  const { XDG_CACHE_HOME = '', HOME = '', NODE_OPTIONS = '' } = process.env;
  const caches = isAbsolute(XDG_CACHE_HOME)
    ? XDG_CACHE_HOME
    : isAbsolute(HOME)
      ? join(HOME, '.cache')
      : undefined;
  // Windows does not say who may write a file.
  if (caches === undefined || process.getuid === undefined) return undefined;
  const key = zlib.crc32([build, command, engine(), ...process.execArgv, NODE_OPTIONS].join('\0'));
  return join(caches, 'keywright', `${key.toString(16).padStart(8, '0')}.code`);
}

function isOurs({ uid, mode }) {
  return uid === process.getuid() && (mode & 0o022) === 0;
}

/** The command that a command line seems to begin with. Another guess costs time and nothing else. */
function commandOf(argv, ids) {
  const flags = argv.findIndex((word) => word.startsWith('-'));
  const words = flags < 0 ? argv : argv.slice(0, flags);
  const beginnings = words.map((_, index) => words.slice(0, index + 1).join(':'));
  return beginnings.findLast((beginning) => ids.includes(beginning)) ?? 'help';
}

module.exports = { COMPLETE_AFTER, engine, isOurs, keepCompiled, load, loaded, packagedPath, root };
