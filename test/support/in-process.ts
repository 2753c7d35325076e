import { Console } from 'node:console';
import { createRequire } from 'node:module';
import { PassThrough, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SERVING } from './bundle.js';

/** What one run of the program came to, without the line end of its output. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandLine {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string | undefined;
  readonly terminal: Terminal | undefined;
}

/** A terminal that the program is run on: its width, and who answers its questions. */
export interface Terminal {
  readonly columns?: number;
  /** A part of each question, and what is typed when it appears, in this order; `\r` ends a line. */
  readonly answers?: readonly (readonly [question: string, typed: string])[];
}

/** The part of bin/load.js that is used here. */
interface Loader {
  readonly root: string;
  load(): { main(root: string, args: readonly string[]): Promise<void> };
}

const LOADER = fileURLToPath(new URL('../../bin/load.js', import.meta.url));

// A command owns the process's directory, variables and streams while it runs.
let last: Promise<unknown> = Promise.resolve();

/** serving.ts, bundled. */
export function serving(): typeof import('./serving.js') {
  return createRequire(import.meta.url)(SERVING);
}

/** Runs one command line of the built program in this process, after those that were asked for before. */
export function runHere(line: CommandLine): Promise<Run> {
  const run = last.then(() => runAlone(line));
  last = run.catch(() => undefined);
  return run;
}

async function runAlone({ args, cwd, environment, input = '', terminal }: CommandLine): Promise<Run> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const stdin = terminal
    ? keyboard(terminal, stderr)
    : Readable.from(input === '' ? [] : [Buffer.from(input)]);
  if (terminal) {
    const { columns = 80 } = terminal;
    Object.assign(stdout, { isTTY: true, columns, getWindowSize: () => [columns, 24] });
  }
  const restore = [
    replaceConsole(new Console(stdout, stderr)),
    replaceStream('stdin', stdin),
    replaceStream('stdout', stdout),
    replaceStream('stderr', stderr),
    changeVariables(environment),
    changeDirectory(cwd),
    keepUmask(),
    keepExitCode(),
  ];
  try {
    const { main, root } = await loaded();
    await main(root, args);
    return { exitCode: Number(process.exitCode ?? 0), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    for (const back of restore.reverse()) back();
  }
}

/** Types each answer when its question has appeared. */
function keyboard({ answers = [] }: Terminal, screen: Collected): Readable {
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const left = [...answers];
  let from = 0;
  screen.onText = (text) => {
    const [next] = left;
    const at = next === undefined ? -1 : text.indexOf(next[0], from);
    if (next === undefined || at < 0) return;
    left.shift();
    from = text.length;
    setImmediate(() => keys.write(next[1]));
  };
  return keys;
}

let program: Promise<{ readonly root: string } & ReturnType<Loader['load']>> | undefined;

function loaded() {
  program ??= import(LOADER).then(({ load, root }: Loader) => ({ ...load(), root }));
  return program;
}

class Collected extends Writable {
  // A prompt that is over ends the stream that it wrote to, unless the stream is one of the process's own.
  readonly _isStdio = true;
  readonly #chunks: Buffer[] = [];
  onText: (text: string) => void = () => undefined;

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    this.onText(this.text());
    done();
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString().replace(/\n$/, '');
  }
}

function replaceConsole(value: Console): () => void {
  const before = globalThis.console;
  globalThis.console = value;
  return () => {
    globalThis.console = before;
  };
}

function replaceStream(name: 'stdin' | 'stdout' | 'stderr', value: Readable | Writable): () => void {
  const before = Object.getOwnPropertyDescriptor(process, name) ?? {};
  Object.defineProperty(process, name, { configurable: true, enumerable: true, value });
  return () => void Object.defineProperty(process, name, before);
}

function changeVariables(environment: Readonly<Record<string, string>>): () => void {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  return () => {
    for (const name of Object.keys(environment)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  };
}

function changeDirectory(directory: string): () => void {
  const before = process.cwd();
  process.chdir(directory);
  return () => process.chdir(before);
}

function keepUmask(): () => void {
  const before = process.umask();
  return () => void process.umask(before);
}

function keepExitCode(): () => void {
  const before = process.exitCode;
  process.exitCode = undefined;
  return () => {
    process.exitCode = before;
  };
}
