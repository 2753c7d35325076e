import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { atEnd } from './at-end.js';
import { type Run, runHere, serving, type Terminal } from './in-process.js';

/** The program as it is installed. */
export const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

// As it was built last.
const CONSOLE = fileURLToPath(new URL('../../dist/console', import.meta.url));

// What tests of other things need not think about: scopes that exist, and no limit on their many wrong attempts.
const CONFIGURATION = { KEYWRIGHT_SCOPES: 'pipes:read,pipes:write', KEYWRIGHT_FAILED_ATTEMPTS: 'off' };

interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** Runs it as on a terminal; only in the test's own process. */
  readonly terminal?: Terminal;
}

/** A scratch directory with a home in it, removed when the test ends. */
export interface Workshop {
  readonly directory: string;
  readonly home: string;
  /**
   * Runs `keywright …` in the directory, with this home; never throws for an exit code. It runs in the test's own
   * process, which takes a tenth of the time: one command after the other, and without signals.
   */
  keywright(args: readonly string[], options?: RunOptions): Promise<Run>;
  /** Does the same in a process of its own, for tests whose subject is the process: what ends it, or what runs beside it. */
  program(args: readonly string[], options?: RunOptions): Promise<Run>;
}

export async function workshop(): Promise<Workshop> {
  const directory = await scratchDirectory();
  const home = join(directory, 'home');
  const environment = (env: Record<string, string>) => ({ KEYWRIGHT_HOME: home, ...CONFIGURATION, ...env });
  return {
    directory,
    home,
    keywright: (args, { cwd = directory, input, env = {}, terminal } = {}) =>
      runHere({ args, cwd, environment: environment(env), input, terminal }),
    program: async (args, { cwd = directory, input, env = {} } = {}) => {
      const result = await execa(process.execPath, [PROGRAM, ...args], {
        cwd,
        env: environment(env),
        reject: false,
        ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      });
      return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
  };
}

export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'keywright-test-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A running server. */
export interface Server {
  /** `http://127.0.0.1:PORT` or `https://…`. */
  readonly http: string;
  readonly mqttPort: number;
  /** What it has logged so far. */
  log(): string;
  /** Ends it before the test does. */
  stop(): Promise<void>;
}

/** A running `keywright serve`. */
export interface ServerProcess extends Server {
  readonly process: Promise<{ exitCode?: number | undefined }> & {
    readonly pid?: number | undefined;
    kill(signal: NodeJS.Signals): boolean;
  };
}

/** Starts a server in the test's own process, on free ports unless told; it is stopped when the test ends. */
export async function serve(
  { home }: Workshop,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  consoleDirectory = CONSOLE,
): Promise<Server> {
  let log = '';
  const write = (text: string) => {
    log += text;
  };
  const flags = flagValues([...freePorts(args), ...args]);
  const environment = { ...process.env, ...CONFIGURATION, ...env };
  const { http, mqtt, close } = await serving().startServing({
    ...{ home, flags, environment, write, consoleDirectory },
  });
  const stop = once(close);
  atEnd(stop);
  return { ...addresses({ http, mqtt }), log: () => log, stop };
}

/** Does what `serve` does in a process of its own, for tests whose subject is the process: signals, memory, the log's form. */
export async function serveProgram(
  { directory, home }: Workshop,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const child = execa(process.execPath, [PROGRAM, 'serve', '--json', ...freePorts(args), ...args], {
    cwd: directory,
    env: { KEYWRIGHT_HOME: home, ...CONFIGURATION, ...env },
    reject: false,
    stdin: 'ignore',
  });
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await child;
  };
  atEnd(stop);
  const line = await Promise.race([
    new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk)))),
    child.then((result) => {
      throw new Error(`serve ended with ${result.exitCode}: ${result.stderr}`);
    }),
  ]);
  const { http, mqtt } = JSON.parse(line);
  return { ...addresses({ http, mqtt }), process: child, log: () => log, stop };
}

function freePorts(args: readonly string[]): string[] {
  return ['--http', '--mqtt']
    .filter((flag) => !args.includes(flag))
    .flatMap((flag) => [flag, 'tcp://127.0.0.1:0']);
}

/** Every flag of `serve` has a value; one that is repeated has several. */
function flagValues(args: readonly string[]): Record<string, string | string[]> {
  const values = new Map<string, string[]>();
  for (let index = 0; index < args.length; index += 2) {
    const [flag = '', value] = args.slice(index, index + 2);
    if (!/^--[a-z-]+$/.test(flag) || value === undefined)
      throw new Error(`not a flag and its value: ${flag}`);
    values.set(flag.slice(2), [...(values.get(flag.slice(2)) ?? []), value]);
  }
  return Object.fromEntries(
    [...values].map(([name, given]) => [name, given.length > 1 ? given : (given[0] ?? '')]),
  );
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

function addresses({ http, mqtt }: { readonly http: string; readonly mqtt: string }) {
  return { http: http.replace('tcp:', 'http:'), mqttPort: Number(new URL(mqtt).port) };
}

/** Asks again until the condition holds. @throws after `withinMs` of a machine that has time for this process */
export async function eventually(
  condition: () => Promise<boolean> | boolean,
  { withinMs, what }: { withinMs: number; what: string },
): Promise<void> {
  const started = performance.now();
  const stalls = watchStalls();
  try {
    while (!(await condition())) {
      const tookMs = performance.now() - started - stalls.ms();
      if (tookMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    stalls.stop();
  }
}

const TICK_MS = 10;

/** Adds up the time in which this process wanted to run but others ran: its timers were late, and it had not worked. */
function watchStalls() {
  let stalledMs = 0;
  let [at, cpu] = [performance.now(), process.cpuUsage()];
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    stalledMs += Math.max(0, performance.now() - at - TICK_MS - (user + system) / 1000);
    [at, cpu] = [performance.now(), process.cpuUsage()];
  }, TICK_MS);
  return { ms: () => stalledMs, stop: () => clearInterval(timer) };
}

/** Waits until a server knows a credential that was made beside it. */
export async function known({ http }: Server, bearer: string): Promise<void> {
  await eventually(async () => (await ask(http, { bearer })).status !== 401, {
    withinMs: 1000,
    what: 'the credential known',
  });
}

/** What users of tests sign in with. */
export const PASSWORD = 'correct horse battery staple';

/** Adds a user with that password, by the flags of `keywright user add`. */
export async function addUser({ home }: Workshop, id: string, ...flags: string[]): Promise<void> {
  const given = flagValues(flags);
  const many = (name: string) => (given[name] === undefined ? undefined : [given[name]].flat());
  await serving().addQuickUser({
    ...{ home, id, password: PASSWORD, environment: CONFIGURATION },
    ...{ role: given.role === 'admin' ? 'admin' : 'member', email: many('email')?.[0] },
    ...{ groups: many('group'), domains: many('domain'), scopes: many('scope') },
  });
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
