import type { Problem } from './types.js';

/** What went wrong with a call, in a sentence for people (`message`). `status` is 0 if the server did not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** A word or two for programs. */
  readonly reason: string;

  constructor({ status, detail, reason = '' }: { status: number; detail: string; reason?: string }) {
    super(detail);
    this.status = status;
    this.reason = reason;
  }
}

/** Reads the problem that the server answered with. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const { status, headers } = response;
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  const later = status === 429 ? headers.get('retry-after') : null;
  const detail = sentence(problem.detail ?? problem.title ?? `the server answered with status ${status}`);
  return new ApiError({
    status,
    detail: later === null ? detail : `${detail} Try again in ${later} s.`,
    reason: problem.reason ?? '',
  });
}

export function unreachable(): ApiError {
  return new ApiError({ status: 0, detail: 'The server does not answer. Nothing is known to have changed.' });
}

/** What an error says to the person in front of the page. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True if it was caused by something that is not there (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
