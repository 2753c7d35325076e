import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { PROGRAM, scratchDirectory, type Workshop, workshop } from './keywright.js';

const PRELOAD = fileURLToPath(new URL('./faults.cjs', import.meta.url));

/** What happens at an operation on files: the process ends by a signal, in the middle of a write, or gets an error. */
export const FAULTS = ['SIGKILL', 'torn', 'SIGTERM', 'EIO', 'ENOSPC+'] as const;
export type Fault = (typeof FAULTS)[number];

interface Faulty {
  readonly args: readonly string[];
  readonly fault: Fault;
  /** Counted from 1. */
  readonly at: number;
}

/** Runs the program in a workshop, with a fault at one of its operations on files below there. */
export function runFaulty(shop: Workshop, { args, fault, at }: Faulty) {
  return run(shop, args, { FAULT: fault, FAULT_AT: `${at}` });
}

/** Counts the operations at which a fault can happen. Only those that change something can be ended at. */
export async function countOperations(base: Workshop, args: readonly string[]) {
  const shop = await copyOf(base);
  const counted = join(await scratchDirectory(), 'count');
  await run(shop, args, { FAULT_COUNT: counted });
  const [all, changing] = JSON.parse(await readFile(counted, 'utf8'));
  return (fault: Fault): number => (fault.startsWith('E') ? all : changing);
}

async function run({ directory, home }: Workshop, args: readonly string[], env: Record<string, string>) {
  const result = await execa(process.execPath, ['--require', PRELOAD, PROGRAM, ...args], {
    cwd: directory,
    env: { KEYWRIGHT_HOME: home, FAULT_UNDER: directory, ...env },
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Makes a workshop with the files of another. */
export async function copyOf({ directory }: Workshop): Promise<Workshop> {
  const copy = await workshop();
  await cp(directory, copy.directory, { recursive: true, verbatimSymlinks: true });
  return copy;
}

// `all`, or a number that chooses other operations.
const CHOICE = process.env.KEYWRIGHT_FAULTS ?? '1';

/** Chooses some of the operations at which a fault is tried. One is in each stretch of them, so that none is left out by chance. */
export function someOf(operations: number, some: number): number[] {
  if (CHOICE === 'all') return Array.from({ length: operations }, (_, index) => index + 1);
  const stretch = operations / some;
  return Array.from({ length: some }, (_, index) => {
    const offset = (((Number(CHOICE) + index) * 7919) % 1000) / 1000;
    return 1 + Math.floor((index + offset) * stretch);
  });
}
