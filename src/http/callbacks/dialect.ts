import type { IncomingHttpHeaders } from 'node:http';
import type { BrokerPolicy, Decision } from './policy.js';

/** A broker's call. */
export interface Call {
  /** The fields of the form or JSON body, or of the query if there is no body. */
  readonly fields: Fields;
  /** The query of the URL, as the operator wrote it. */
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The address that the call comes from. */
  readonly from: string;
}

export interface CallbackAnswer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
}

/** The outcome of a call: the answer, and the decision that the log shows if the caller was refused. */
export interface Outcome {
  readonly answer: CallbackAnswer;
  readonly decision: Decision;
  readonly clientId: string;
}

/** The form of one broker's calls and answers. */
export interface Dialect {
  readonly broker: 'mosquitto' | 'emqx' | 'vernemq' | 'rabbitmq';
  /** The greatest length of a call's body. */
  readonly maxBodyBytes: number;
  /** Makes the answer to a call that has nothing to decide, or whose decision failed. */
  refuse(outcome: 'deny' | 'unavailable', query: URLSearchParams): CallbackAnswer;
  /** The broker's call-backs by path. @throws MalformedCall */
  readonly calls: Readonly<Record<string, (call: Call, policy: BrokerPolicy) => Promise<Outcome>>>;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A call that is not in its broker's form. The message names the fault. */
export class MalformedCall extends Error {}

/** Reads a field's text; empty if there is no such field. @throws MalformedCall if it is not a text */
export function textOf(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new MalformedCall(`the field ${name} is not a text`);
  return value;
}

/** Reads a field's text. @throws MalformedCall if there is none */
export function requiredText(fields: Fields, name: string): string {
  const value = textOf(fields, name);
  if (value === '') throw new MalformedCall(`the field ${name} is missing`);
  return value;
}

/** Reads a field that has one of the known texts. @throws MalformedCall */
export function oneOf<T extends string>(fields: Fields, name: string, known: readonly T[]): T {
  const value = requiredText(fields, name);
  const found = known.find((each) => each === value);
  if (found === undefined) throw new MalformedCall(`the field ${name} is none of ${known.join(', ')}`);
  return found;
}

/** Allows if all decisions allow. Of several refusals the first counts. */
export function allOf(decisions: readonly Decision[]): Decision {
  return decisions.find(({ outcome }) => outcome !== 'allow') ?? decisions[0] ?? NOTHING_ASKED;
}

const NOTHING_ASKED: Decision = { outcome: 'deny', reason: 'nothing was asked' };
