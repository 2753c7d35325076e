import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { keepOwnCache, readCache, readOwnCache } from './code-cache.js';

export const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
export const cacheFile = `${bundle}.cache`;

// A server forgets what it compiled for its start and has not used for long.
const COMPLETE_FOR_MS = 30_000;

/**
 * Loads the bundle through V8's code cache: the package's, or where that is for another Node, the user's. `keepCompiled` is for the
 * end of the process: it writes the user's cache, unless the package's fits or the user's knows the command that ran.
 */
export function load() {
  // The bundle is ASCII, which latin1 reads without decoding. Its first line is a comment with its hash.
  const text = readFileSync(bundle, 'latin1');
  const build = text.slice(2, text.indexOf('*/'));
  const wrapped = Module.wrap(text);
  const packaged = compileFrom(readCache(cacheFile, build), wrapped);
  const own = packaged ? undefined : compileFrom(readOwnCache(build), wrapped);
  const { script, commands } = packaged ?? own ?? { script: compile(wrapped), commands: [] };
  const main = evaluate(script);
  const keepCompiled = (argv, exitCode) => {
    if (packaged || performance.now() > COMPLETE_FOR_MS) return;
    const command = commandOf(argv, main.COMMANDS);
    if (own && (exitCode !== 0 || commands.includes(command))) return;
    keepOwnCache(build, { data: script.createCachedData(), commands: [...commands, command] });
  };
  return { script, build, main: main.main, keepCompiled };
}

/** undefined if there is no cache, or V8 refuses it, as it was made under other options. */
function compileFrom(cache, source) {
  if (cache === undefined) return undefined;
  const script = compile(source, cache.data);
  return script.cachedDataRejected ? undefined : { script, commands: cache.commands };
}

function compile(source, cachedData) {
  return new vm.Script(source, {
    filename: bundle,
    cachedData,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

function evaluate(script) {
  const require = createRequire(bundle);
  const main = new Module(bundle);
  main.filename = bundle;
  require.cache[bundle] = main; // oclif asks for its commands by this path and gets what is loaded here
  const directory = fileURLToPath(new URL('../dist', import.meta.url));
  script.runInThisContext()(main.exports, require, main, bundle, directory);
  main.loaded = true;
  return main.exports;
}

function commandOf(argv, commands) {
  const flags = argv.findIndex((word) => word.startsWith('-'));
  const words = flags < 0 ? argv : argv.slice(0, flags);
  for (let count = words.length; count > 0; count -= 1) {
    const id = words.slice(0, count).join(':');
    if (Object.hasOwn(commands, id)) return id;
  }
  return 'help';
}
