import { fileURLToPath } from 'node:url';
import { firstLine, start, stop } from '../serving.js';

/** Starts one of the bare servers in this folder on a free port. */
export async function startBare(file, ...args) {
  return startBareWith({ file, args, nodeFlags: [], env: {} });
}

export async function startBareWith({ file, args, nodeFlags, env }) {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = start(process.execPath, [...nodeFlags, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const port = Number(await firstLine(child));
  return { port, pid: child.pid, stop: () => stop(child) };
}
