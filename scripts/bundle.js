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
 * when something large is needed (the server, prompts, ZIP files). Both begin with a comment: the hash of what follows, and
 * the `ids`. In the sources, `require('./NAME.js')` loads an entry point.
 */
export async function bundleInChunks({ directory, ids, ...options }) {
  const { outputFiles, metafile } = await build({
    ...options,
    ...{ target: TARGET, bundle: true, splitting: true, format: 'esm' },
    ...{ write: false, metafile: true, outdir: directory },
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [nameOf(path), output]));
  const isInRest = restOf(outputs);
  const files = { main: [], rest: [] };
  for (const { path, text } of outputFiles) {
    const name = nameOf(path);
    const own = byNeed(withExports(withoutHelpers(await asCommonJs(text))));
    const { entryPoint = '', exports } = outputs.get(name);
    const isOther = entryPoint.startsWith('node_modules/') && exports.join() === 'default';
    const code = isOther ? own + NAMED : own;
    files[isInRest.has(name) ? 'rest' : 'main'].push(`"${name}":function(exports,require,module){${code}}`);
  }
  const write = (name, code) => writeFileSync(`${directory}/${name}`, programFile(code, ids));
  write('main.cjs', `${RUNTIME}const chunks={${files.main.join(',')}};module.exports=need("./main.js")`);
  write('rest.cjs', `module.exports=(require)=>({${files.rest.join(',')}})`);
}

// For import() of a CommonJS module, of which esbuild exports the whole alone.
const NAMED =
  'const whole=module.exports.default;module.exports={__proto__:whole,__esModule:true,default:whole};';

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
  const isOf = (some) => (name) =>
    entries.every((entry) => some.has(entry) || !closures.get(entry).has(name));
  const large = new Set();
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

function nameOf(path) {
  return `./${basename(path)}`;
}

async function asCommonJs(text) {
  const { code } = await transform(text, {
    ...{ format: 'cjs', platform: 'node', target: TARGET, minifyWhitespace: true },
    supported: { 'dynamic-import': false },
  });
  return code;
}

// esbuild writes its helpers into each chunk; here each file has them once.
const SAMPLE = "import one from 'one';export const two=()=>import('two');export{one}";
const HELPERS = (await asCommonJs(SAMPLE)).match(/var __\w+=.*?;(?=var )/g);

function withoutHelpers(code) {
  return HELPERS.reduce((rest, helper) => rest.replace(helper, ''), code);
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
    const module = loaded.replace(/^__toESM\((require\("[^."][^"]*"\))(,1)?\)$/, '__ofNode($1)');
    short.set(name, `$${short.size}`);
    return `var ${short.get(name)}_,${short.get(name)}=()=>${short.get(name)}_??=${module};`;
  });
  return declared.replace(/(?<![\w$])import_\w+/g, (name) =>
    short.has(name) ? `(${short.get(name)}())` : name,
  );
}

// esbuild's helper copies each export of a module.
const OF_NODE = 'const __ofNode=(module)=>({__proto__:module,default:module});';

/**
 * As a script, which bin/load.js compiles, a file's value is a function of the module; as a module it calls that. It is
 * ASCII: bin/load.js reads it as latin1; esbuild leaves other characters in regular expressions.
 */
function programFile(code, ids) {
  const own = 'if(typeof module==="object")run(module,require,__dirname);return run';
  const body = `"use strict";${HELPERS.join('')}${OF_NODE}${code}`;
  const text = `(function(run){${own}})(function(module,require,__dirname){${body}})`;
  const toEscape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const ascii = text.replace(/[\x80-\uffff]/g, toEscape);
  // V8 takes any cache of a program of the same length: the hash tells which program a cache is of.
  return `/*${createHash('sha256').update(ascii).digest('hex')} ${ids.join(' ')}*/${ascii}`;
}
