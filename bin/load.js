import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

export const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
export const cacheFile = `${bundle}.cache`;

// The bundle is ASCII, which latin1 reads without decoding.
/** Loads the bundle through V8's code cache; a cache that is missing or made by another Node is ignored. */
export function load() {
  const script = new vm.Script(Module.wrap(readFileSync(bundle, 'latin1')), {
    filename: bundle,
    cachedData: readOptional(cacheFile),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const require = createRequire(bundle);
  const main = new Module(bundle);
  main.filename = bundle;
  require.cache[bundle] = main; // oclif asks for its commands by this path and gets what is loaded here
  script.runInThisContext()(
    main.exports,
    require,
    main,
    bundle,
    fileURLToPath(new URL('../dist', import.meta.url)),
  );
  main.loaded = true;
  return { script, main: main.exports.main };
}

function readOptional(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
