/** What can go wrong, for whoever reacts to it; every adapter translates each code once. */
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
  | 'ca-unusable';

/** The one error that keywright throws: a code, a lower-case message that names the thing, and what to do about it. */
export class KeywrightError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** A word for programs, where the code alone says too little: `licence`. */
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
