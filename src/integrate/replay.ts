import { KeywrightError } from '../core/model/errors.js';
import type { Answer, ContractStep } from './integration.js';

/** The outcome of one step. */
export interface Outcome {
  readonly says: string;
  readonly holds: boolean;
  /** The mismatch; undefined if it holds. */
  readonly problem: string | undefined;
}

// The verifier always answers sooner.
const TIMEOUT_MS = 10_000;

/** Makes all calls of a contract, one after the other. @throws KeywrightError `io` if keywright cannot be reached */
export async function replay(url: string, steps: readonly ContractStep[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { says, request, judge } of steps) {
    const problem = judge(await send(url, request));
    outcomes.push({ says, holds: problem === undefined, problem });
  }
  return outcomes;
}

/** Makes one call. @throws KeywrightError `io` if there is no answer */
export async function send(
  url: string,
  { method, path, headers = {}, body }: ContractStep['request'],
): Promise<Answer> {
  const target = url.replace(/\/$/, '') + path;
  try {
    const response = await fetch(target, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body }),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new KeywrightError('io', `keywright at ${url} cannot be reached: ${reason}`, { cause: error });
  }
}
