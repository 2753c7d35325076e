import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM } from './seed.js';

/** Issues a key in the home and returns its token. */
export function issueToken({ directory, home, id }) {
  const output = join(directory, id);
  const { status, stderr } = spawnSync(process.execPath, [
    PROGRAM,
    'key',
    'gen',
    id,
    '--home',
    home,
    '--output',
    output,
  ]);
  if (status !== 0) throw new Error(String(stderr));
  return readFileSync(`${output}_token`, 'utf8');
}

/** Registers an API key in the home and returns it. */
export function registerApiKey(home) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    PROGRAM,
    'register',
    'token',
    '--json',
    '--home',
    home,
  ]);
  if (status !== 0) throw new Error(String(stderr));
  return JSON.parse(stdout).apiKey;
}

export const PASSWORD = 'a password for the bench';

/** Adds an admin to the home, with `PASSWORD`. */
export function addAdmin(home, name) {
  addUser(home, name, '--role', 'admin');
}

/** Adds a user to the home, with `PASSWORD`. */
export function addUser(home, name, ...flags) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [PROGRAM, 'user', 'add', name, ...flags, '--password-stdin', '--home', home],
    { input: PASSWORD },
  );
  if (status !== 0) throw new Error(String(stderr));
}

/** Starts `serve` on free ports; `stop` ends it. */
export function startServe(home, ...flags) {
  return startServeWith({ home, flags, nodeFlags: [], env: {} });
}

/** The same, with flags of node's own and variables. */
export async function startServeWith({ home, flags, nodeFlags, env }) {
  const ports = ['--http', 'tcp://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0'];
  const child = start(
    process.execPath,
    [...nodeFlags, PROGRAM, 'serve', '--json', '--home', home, ...ports, ...flags],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } },
  );
  const { http, mqtt } = JSON.parse(await firstLine(child));
  return {
    http: http.replace('tcp:', 'http:'),
    port: Number(new URL(mqtt).port),
    pid: child.pid,
    stop: () => stop(child),
  };
}

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program that ends with the bench at the latest, whatever the bench fails of. */
export function start(program, args, options) {
  const child = spawn(program, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

export function firstLine(child) {
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}

export function stop(child) {
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}
