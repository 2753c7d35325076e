import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

/** The program as it is installed. */
export const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

// What tests of other things need not think about: scopes that exist, and no limit on their many wrong attempts.
const CONFIGURATION = { KEYWRIGHT_SCOPES: 'pipes:read,pipes:write', KEYWRIGHT_FAILED_ATTEMPTS: 'off' };

/** What one run of the program came to. */
interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Record<string, string>;
}

/** A scratch directory with a home in it, removed when the test ends. */
export interface Workshop {
  readonly directory: string;
  readonly home: string;
  /** Runs `keywright …` in the directory, with this home; never throws for an exit code. */
  keywright(args: readonly string[], options?: RunOptions): Promise<Run>;
}

export async function workshop(): Promise<Workshop> {
  const directory = await scratchDirectory();
  const home = join(directory, 'home');
  return {
    directory,
    home,
    keywright: async (args, { cwd = directory, input, env = {} } = {}) => {
      const result = await execa(process.execPath, [PROGRAM, ...args], {
        cwd,
        env: { KEYWRIGHT_HOME: home, ...CONFIGURATION, ...env },
        reject: false,
        ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      });
      return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
  };
}

export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'keywright-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A running `keywright serve`. */
export interface Server {
  /** `http://127.0.0.1:PORT` or `https://…`. */
  readonly http: string;
  readonly mqttPort: number;
  readonly process: Promise<{ exitCode?: number | undefined }> & { kill(signal: NodeJS.Signals): boolean };
  /** What it has logged so far. */
  log(): string;
}

/** Starts `serve` on free ports and waits until it listens; it is stopped when the test ends. */
export async function serve(
  { directory, home }: Workshop,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Server> {
  const ports = ['--http', '--mqtt']
    .filter((flag) => !args.includes(flag))
    .flatMap((flag) => [flag, 'tcp://127.0.0.1:0']);
  const child = execa(process.execPath, [PROGRAM, 'serve', '--json', ...ports, ...args], {
    cwd: directory,
    env: { KEYWRIGHT_HOME: home, ...CONFIGURATION, ...env },
    reject: false,
    stdin: 'ignore',
  });
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await child;
  });
  const line = await Promise.race([
    new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk)))),
    child.then((result) => {
      throw new Error(`serve ended with ${result.exitCode}: ${result.stderr}`);
    }),
  ]);
  const { http, mqtt, error } = JSON.parse(line);
  if (error) throw new Error(`serve failed: ${error.message}`);
  return {
    http: http.replace('tcp:', 'http:'),
    mqttPort: Number(new URL(mqtt).port),
    process: child,
    log: () => log,
  };
}

/** Asks again until the condition holds. @throws after `withinMs` */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  { withinMs, what }: { withinMs: number; what: string },
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What users of tests sign in with. */
export const PASSWORD = 'correct horse battery staple';

/** Adds a user with that password. */
export async function addUser({ keywright }: Workshop, name: string, ...flags: string[]): Promise<void> {
  const run = await keywright(['user', 'add', name, '--password-stdin', ...flags], { input: PASSWORD });
  if (run.exitCode !== 0) throw new Error(run.stderr);
}

/** Registers an API key. @returns what `--json` prints */
export async function registerKey({ keywright }: Workshop, ...flags: string[]): Promise<RegisteredKey> {
  const run = await keywright(['register', 'token', '--json', ...flags]);
  if (run.exitCode !== 0) throw new Error(run.stdout + run.stderr);
  return JSON.parse(run.stdout);
}

export interface RegisteredKey {
  readonly id: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiKey: string;
  readonly wrapped: string;
  readonly expiresAt: string;
  readonly mqttPassword?: string;
}

/** An answer, with its body as JSON. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent form-encoded. */
  readonly form?: Record<string, string>;
  /** Sent as `Authorization: Bearer`. */
  readonly bearer?: string;
}

/** Makes a request; POST where it has a body. */
export async function ask(
  url: string,
  { method, headers = {}, json, form, bearer }: Request = {},
): Promise<Answer> {
  const hasBody = json !== undefined || form !== undefined;
  const response = await fetch(url, {
    method: method ?? (hasBody ? 'POST' : 'GET'),
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(form !== undefined && { body: new URLSearchParams(form) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
