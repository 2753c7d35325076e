import type { IncomingHttpHeaders } from 'node:http';
import type { BrokerPolicy, Decision } from './policy.js';

/** What a broker calls back with. */
export interface Call {
  /** The fields of its form or JSON, or of its query where it has no body. */
  readonly fields: Fields;
  /** Of the URL, as the operator wrote it. */
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

/** What a call came to: the answer, and what the log is told of where somebody was refused. */
export interface Outcome {
  readonly answer: CallbackAnswer;
  readonly decision: Decision;
  readonly clientId: string;
}

/** How one broker asks, and how it is answered. */
export interface Dialect {
  readonly broker: 'mosquitto' | 'emqx' | 'vernemq' | 'rabbitmq';
  /** The most that one of its calls may be long. */
  readonly maxBodyBytes: number;
  /** What is said where there was nothing to decide on, or nobody to. */
  refuse(outcome: 'deny' | 'unavailable', query: URLSearchParams): CallbackAnswer;
  /** Its call-backs by path. @throws MalformedCall */
  readonly calls: Readonly<Record<string, (call: Call, policy: BrokerPolicy) => Promise<Outcome>>>;
}

export type Fields = Readonly<Record<string, unknown>>;

/** A call that is not in its broker's form; the message names what is the matter. */
export class MalformedCall extends Error {}

/** A field's text; empty where it is not there. @throws MalformedCall where it is something else */
export function textOf(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new MalformedCall(`the field ${name} is not a text`);
  return value;
}

/** A field's text. @throws MalformedCall where there is none */
export function requiredText(fields: Fields, name: string): string {
  const value = textOf(fields, name);
  if (value === '') throw new MalformedCall(`the field ${name} is missing`);
  return value;
}

/** One of some texts. @throws MalformedCall */
export function oneOf<T extends string>(fields: Fields, name: string, known: readonly T[]): T {
  const value = requiredText(fields, name);
  const found = known.find((each) => each === value);
  if (found === undefined) throw new MalformedCall(`the field ${name} is none of ${known.join(', ')}`);
  return found;
}

/** Allows where all do; of several refusals the first counts. */
export function allOf(decisions: readonly Decision[]): Decision {
  return decisions.find(({ outcome }) => outcome !== 'allow') ?? decisions[0] ?? NOTHING_ASKED;
}

const NOTHING_ASKED: Decision = { outcome: 'deny', reason: 'nothing was asked' };
