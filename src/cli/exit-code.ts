import { type ErrorCode, KeywrightError } from '../core/model/errors.js';
import { type Commands, usageProblem } from './usage-error.js';

/** The exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 already exists, 5 refused. */
const EXIT_CODES = {
  'invalid-input': 2,
  'not-found': 3,
  'already-exists': 4,
  refused: 5,
  cancelled: 1,
  io: 1,
  'unsafe-home': 1,
  'store-corrupt': 1,
  'store-newer': 1,
  'store-busy': 1,
  busy: 1,
  'ca-unusable': 1,
  'wrong-clock': 1,
} satisfies Record<ErrorCode, number>;

/** The CLI's report of a failure. */
export interface Failure {
  readonly code: ErrorCode | 'usage' | 'internal';
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
}

/** Describes an error of keywright's own. */
export function failureOf({ code, message, hint }: KeywrightError): Failure {
  return { code, message, hint, exitCode: EXIT_CODES[code] };
}

/** Makes what stderr gets of a failure: stdout holds only results. The JSON is one line, below any notices. */
export function failureText(
  { code, message, hint }: Pick<Failure, 'code' | 'message' | 'hint'>,
  asJson: boolean,
): string {
  if (asJson) return `${JSON.stringify({ error: { code, message, ...(hint !== undefined && { hint }) } })}\n`;
  return `keywright: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`;
}

/** Describes an error of a command line and its exit code. The message is undefined if the program just exits. */
export function describeFailure(
  error: unknown,
  argv: readonly string[],
  commands: Commands,
): Failure | { readonly exitCode: number; readonly message?: undefined } {
  if (error instanceof KeywrightError) return failureOf(error);
  if (isPromptClosed(error)) return { code: 'cancelled', message: 'cancelled', hint: undefined, exitCode: 1 };
  const oclif = oclifError(error);
  if (oclif === undefined)
    return { code: 'internal', message: messageOf(error), hint: undefined, exitCode: 1 };
  if (oclif.silent) return { exitCode: oclif.exit };
  const { message, hint } = usageProblem(oclif.error, argv, commands);
  return { code: 'usage', message, hint, exitCode: 2 };
}

/** Reads the exit code from oclif's own errors. `this.exit()` throws one without a message. */
function oclifError(error: unknown): { error: Error; exit: number; silent: boolean } | undefined {
  if (
    !(error instanceof Error) ||
    !('oclif' in error) ||
    typeof error.oclif !== 'object' ||
    error.oclif === null
  ) {
    return undefined;
  }
  const exit = 'exit' in error.oclif && typeof error.oclif.exit === 'number' ? error.oclif.exit : 2;
  return { error, exit, silent: 'code' in error && error.code === 'EEXIT' };
}

// Ctrl-C at a prompt of @inquirer throws this error.
function isPromptClosed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
