// A preload for the program: something happens at one of its operations on files. FAULT is a signal by which the
// process ends before that operation, `torn` to end in the middle of a write, or the code of an error that the operation
// fails with; `ENOSPC+` for all that write from there on. FAULT_AT counts from 1; FAULT_UNDER is the directory whose files
// count. FAULT_COUNT is a file that gets the number of operations, and of those that change something.
const fs = require('node:fs');
const { resolve, sep } = require('node:path');

const { FAULT = '', FAULT_AT = '0', FAULT_UNDER = '/', FAULT_COUNT } = process.env;
const [code, more] = [FAULT.replace('+', ''), FAULT.endsWith('+')];
const isEnd = /^SIG|torn/.test(FAULT);
const at = Number(FAULT_AT);
const { openSync, writeSync, writeFileSync } = fs;
const CHANGING =
  /^(appendFile|chmod|chown|copyFile|cp|link|mkdir|mkdtemp|rename|rm|rmdir|symlink|sync|datasync|truncate|unlink|utimes|write|writeFile)(Sync)?$/;
let [count, changing] = [0, 0];

process.on('exit', () => {
  if (FAULT_COUNT !== undefined) writeFileSync(FAULT_COUNT, `[${count}, ${changing}]`);
});

function fault(name, path, flags, half) {
  const changes = CHANGING.test(name) || (/^open/.test(name) && flags !== undefined && flags !== 'r');
  const full = typeof path === 'string' ? resolve(path) : '';
  if (!`${full}${sep}`.startsWith(`${FAULT_UNDER}${sep}`)) return undefined;
  count += 1;
  if (changes) changing += 1;
  const now = isEnd ? changing : count;
  const isLater = more && at > 0 && now > at && changes && !/^(rm|unlink|rmdir)/.test(name);
  if ((now !== at || (isEnd && !changes)) && !isLater) return undefined;
  if (isEnd) {
    if (FAULT === 'torn') half?.();
    process.kill(process.pid, FAULT === 'torn' ? 'SIGKILL' : FAULT);
    // Another signal may be handled.
    if (FAULT === 'SIGKILL' || FAULT === 'torn') for (;;);
    return undefined;
  }
  return Object.assign(new Error(`${code}: ${name} '${full}'`), { code, syscall: name, path: full });
}

const paths = new WeakMap();
const halfOf = (fd, data) => {
  const bytes = Buffer.from(data);
  writeSync(fd, bytes.subarray(0, bytes.length >> 1));
};

function wrap(object, name, isHandle) {
  const original = object[name];
  object[name] = async function (...args) {
    const path = isHandle ? paths.get(this) : name === 'symlink' || name === 'link' ? args[1] : args[0];
    const half = () => {
      if (isHandle) halfOf(this.fd, args[0]);
      else if (name === 'writeFile') halfOf(openSync(args[0], 'wx', 0o600), args[1]);
    };
    const error = fault(name, path, args[1], half);
    if (error) throw error;
    const result = await original.apply(this, args);
    if (name === 'open') opened(result, args[0]);
    return result;
  };
}

let isPatched = false;
function opened(handle, path) {
  paths.set(handle, path);
  if (isPatched) return;
  isPatched = true;
  const prototype = Object.getPrototypeOf(handle);
  for (const name of [
    'appendFile',
    'chmod',
    'chown',
    'datasync',
    'readFile',
    'stat',
    'sync',
    'truncate',
    'write',
    'writeFile',
  ])
    wrap(prototype, name, true);
}

for (const [name, value] of Object.entries(fs.promises))
  if (typeof value === 'function') wrap(fs.promises, name, false);
// What scripts/instead/fs-promises.js calls.
for (const name of ['access', 'lstat', 'readdir', 'readFile', 'readlink', 'stat']) {
  const original = fs[name];
  fs[name] = (...args) => {
    const error = fault(name, args[0]);
    if (error) process.nextTick(args.at(-1), error);
    else original(...args);
  };
}
for (const name of ['rmSync', 'utimesSync', 'writeFileSync', 'mkdirSync', 'renameSync', 'unlinkSync']) {
  const original = fs[name];
  fs[name] = (...args) => {
    const error = fault(name, args[0]);
    if (error) throw error;
    return original(...args);
  };
}
