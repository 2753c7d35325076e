/** The kinds of errors. Each adapter translates each code in one place. */
export type ErrorCode =
  | 'invalid-input'
  | 'not-found'
  | 'already-exists'
  | 'refused'
  | 'cancelled'
  | 'io'
  | 'unsafe-home'
  | 'store-corrupt'
  | 'store-newer'
  | 'store-busy'
  | 'busy'
  | 'ca-unusable'
  | 'wrong-clock';

/**
 * The one error that keywright throws: a code, a lower-case message that names the thing, and a hint about what to do.
 */
export class KeywrightError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** A word for programs that need more than the code: `licence`. */
  readonly reason: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; reason?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'KeywrightError';
    this.code = code;
    this.hint = options.hint;
    this.reason = options.reason;
  }
}
