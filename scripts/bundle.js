// Bundles the program in chunks, so that a command evaluates, and V8's code cache keeps, only what the command uses: esbuild's
// chunks are ES modules; here each becomes a function in one of two files.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

/** What an entry point or an import() needs that no smaller one needs is in the second file if it has more octets. */
const MUCH = 40_000;

export const TARGET = 'node20.19';

/**
 * Writes `main.cjs`, a CommonJS module with the exports of the entry point `main`, and `rest.cjs` beside it, which main.cjs reads
 * when something large is needed (the server, prompts, ZIP files). In the sources, `require('./NAME.js')` loads an entry point.
 */
export async function bundleInChunks({ directory, ids, ...options }) {
  const { outputFiles, metafile } = await build({
    ...options,
    ...{
      target: TARGET,
      bundle: true,
      splitting: true,
      write: false,
      metafile: true,
      format: 'esm',
      outdir: directory,
    },
  });
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [`./${basename(path)}`, output]),
  );
  const rest = restOf(outputs);
  const files = { main: [], rest: [] };
  for (const { path, text } of outputFiles) {
    const name = `./${basename(path)}`;
    const code = byNeed(withExports(withoutHelpers(await asCommonJs(text))));
    files[rest.has(name) ? 'rest' : 'main'].push(
      `${JSON.stringify(name)}:function(exports,require,module){${code}}`,
    );
  }
  write(
    `${directory}/main.cjs`,
    `"use strict";${HELPERS.join('')}${RUNTIME}const chunks={${files.main.join(',')}};module.exports=need("./main.js");`,
    ids,
  );
  write(
    `${directory}/rest.cjs`,
    `"use strict";${HELPERS.join('')}module.exports=(require)=>({${files.rest.join(',')}});`,
    ids,
  );
}

// `need` is what chunks know as `require`.
const RUNTIME = `const evaluated=new Map();
function need(name){
const known=evaluated.get(name);
if(known)return known.exports;
if(!name.startsWith("./")||name==="./rest.cjs")return require(name);
const module={exports:{}};
evaluated.set(name,module);
const chunk=chunks[name]??Object.assign(chunks,require("./rest.cjs")(need))[name];
chunk(module.exports,need,module);
return module.exports}
Object.assign(need,require);
`;

/** The chunks of entries that need much which no smaller entry needs. */
function restOf(outputs) {
  const entries = [...outputs.keys()].filter((name) => outputs.get(name).entryPoint !== undefined);
  const closures = new Map(entries.map((entry) => [entry, closure(entry, outputs)]));
  const large = new Set();
  const isOf = (some) => (name) =>
    entries.every((entry) => some.has(entry) || !closures.get(entry).has(name));
  for (;;) {
    const found = entries.find((entry) => {
      if (large.has(entry)) return false;
      const own = [...closures.get(entry)].filter(isOf(new Set([...large, entry])));
      return own.reduce((sum, name) => sum + outputs.get(name).bytes, 0) > MUCH;
    });
    if (found === undefined) return new Set([...outputs.keys()].filter(isOf(large)));
    large.add(found);
  }
}

function closure(name, outputs, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const { path, kind, external } of outputs.get(name).imports)
    if (!external && kind === 'import-statement') closure(nameOf(path), outputs, found);
  return found;
}

const nameOf = (path) => `./${basename(path)}`;

async function asCommonJs(text) {
  const { code } = await transform(text, {
    ...{ format: 'cjs', platform: 'node', target: TARGET, minifyWhitespace: true },
    supported: { 'dynamic-import': false },
  });
  return code;
}

// Getters in a literal take a fraction of the time that defining each takes.
function withExports(code) {
  return code.replace(
    /var stdin_exports={};__export\(stdin_exports,{(.*?)}\);module\.exports=__toCommonJS\(stdin_exports\);/,
    (_, pairs) =>
      `module.exports={__esModule:true,${pairs.replace(/([\w$]+):\(\)=>([\w$.]+)/g, 'get $1(){return $2}')}};`,
  );
}

// What a chunk imports is evaluated when it is first used: node's own modules, other chunks, CommonJS modules.
function byNeed(code) {
  const short = new Map();
  const declared = code.replace(/(?<=;)var (import_\w+)=([^;]+);/g, (_, name, loaded) => {
    if (!loaded.includes('require')) throw new Error(`${name} is not a module: ${loaded}`);
    short.set(name, `$${short.size}`);
    return `var ${short.get(name)}_,${short.get(name)}=()=>${short.get(name)}_??=${loaded};`;
  });
  return declared.replace(/(?<![\w$])import_\w+/g, (name) =>
    short.has(name) ? `(${short.get(name)}())` : name,
  );
}

// esbuild writes its helpers into each chunk; here each file has them once.
const SAMPLE = "import one from 'one';export const two=()=>import('two');export{one}";
const HELPERS = (await asCommonJs(SAMPLE)).match(/var __\w+=.*?;(?=var )/g);

function withoutHelpers(code) {
  return HELPERS.reduce((rest, helper) => rest.replace(helper, ''), code);
}

// bin/load.js reads the files as latin1; esbuild leaves other characters in regular expressions. V8 takes any cache of a program
// of the same length: the hash tells which program a cache is of.
function write(path, code, ids) {
  const toEscape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const text = code.replace(/[\x80-\uffff]/g, toEscape);
  writeFileSync(path, `/*${createHash('sha256').update(text).digest('hex')} ${ids.join(' ')}*/${text}`);
}
