import type { Rights } from '../../core/verify/topic-rights.js';
import { BAD_AUTHENTICATION_METHOD, type ConnectRefusal, NOT_AUTHORIZED } from '../packets/connack.js';
import type { Connect } from '../packets/connect.js';
import { PROPERTY } from '../packets/properties.js';

/** A rule that a CONNECT breaks although its credential holds. */
export interface BrokenRule {
  readonly refusal: ConnectRefusal;
  readonly cause: string;
}

/** Checks what no engine is asked to serve. @returns the first rule that the CONNECT breaks; undefined if it may go on */
export function brokenRule({ properties, will }: Connect, rights: Rights): BrokenRule | undefined {
  // MQTT 5 section 4.12: there is no exchange of authentication data.
  if (properties.has(PROPERTY.authenticationMethod))
    return { refusal: BAD_AUTHENTICATION_METHOD, cause: 'an authentication method that is not supported' };
  // A broker publishes a will without asking again. Topics that begin with $ are the broker's own.
  if (will !== undefined && (will.topic.startsWith('$') || !rights.may('publish', will.topic)))
    return { refusal: NOT_AUTHORIZED, cause: `no scope for the will's topic ${will.topic.slice(0, 120)}` };
  return undefined;
}
