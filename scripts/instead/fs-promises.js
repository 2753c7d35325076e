// Stands in the bundle for node:fs/promises, which takes a tenth of a command's start to evaluate: what commands that only look
// use goes by node:fs, and the rest evaluates it.
import fs from 'node:fs';

const byCallback =
  (name) =>
  (...args) =>
    new Promise((resolve, reject) => {
      fs[name](...args, (error, result) => (error ? reject(error) : resolve(result)));
    });

const asItIs =
  (name) =>
  (...args) =>
    fs.promises[name](...args);

export const access = byCallback('access');
export const lstat = byCallback('lstat');
export const readdir = byCallback('readdir');
export const readFile = byCallback('readFile');
export const readlink = byCallback('readlink');
export const stat = byCallback('stat');
export const chmod = asItIs('chmod');
export const chown = asItIs('chown');
export const copyFile = asItIs('copyFile');
export const link = asItIs('link');
export const lutimes = asItIs('lutimes');
export const mkdir = asItIs('mkdir');
export const open = asItIs('open');
export const realpath = asItIs('realpath');
export const rename = asItIs('rename');
export const rm = asItIs('rm');
export const rmdir = asItIs('rmdir');
export const symlink = asItIs('symlink');
export const unlink = asItIs('unlink');
export const writeFile = asItIs('writeFile');
