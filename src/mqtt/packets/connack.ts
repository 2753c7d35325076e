import type { Rejection } from '../../core/verify/presentation.js';

/** A refusal in MQTT's words: the return code of 3.1 and 3.1.1 (section 3.2.2.3), the reason code of 5 (section 3.2.2.2). */
export interface ConnectRefusal {
  readonly returnCode: 1 | 2 | 3 | 4 | 5;
  readonly reasonCode: 0x81 | 0x84 | 0x85 | 0x86 | 0x87 | 0x88 | 0x8c | 0x97;
}

export const NOT_AUTHORIZED: ConnectRefusal = { returnCode: 5, reasonCode: 0x87 };

const BAD_CREDENTIALS: ConnectRefusal = { returnCode: 4, reasonCode: 0x86 };

/** The CONNACK for a rejection: a bad password for an API key or a password that does not hold, else not authorized. */
export function connectRefusal(
  reason: Rejection,
  { isPassword }: { readonly isPassword: boolean },
): ConnectRefusal {
  const isBadPassword = isPassword && reason !== 'insufficient-scope' && reason !== 'unavailable';
  return isBadPassword ? BAD_CREDENTIALS : CONNECT_REFUSALS[reason];
}

/** Nothing can be decided, or the address failed too often. */
export const SERVER_UNAVAILABLE: ConnectRefusal = { returnCode: 3, reasonCode: 0x88 };

const CONNECT_REFUSALS = {
  missing: NOT_AUTHORIZED,
  'conflicting-credentials': NOT_AUTHORIZED,
  invalid: NOT_AUTHORIZED,
  revoked: NOT_AUTHORIZED,
  suspended: NOT_AUTHORIZED,
  'not-yet-valid': NOT_AUTHORIZED,
  expired: NOT_AUTHORIZED,
  'wrong-client-id': NOT_AUTHORIZED,
  'wrong-domain': NOT_AUTHORIZED,
  'wrong-path': NOT_AUTHORIZED,
  'insufficient-scope': NOT_AUTHORIZED,
  unavailable: SERVER_UNAVAILABLE,
} satisfies Record<Rejection, ConnectRefusal>;

export const UNSUPPORTED_PROTOCOL: ConnectRefusal = { returnCode: 1, reasonCode: 0x84 };

/** There must be a client id, and is none. */
export const INVALID_CLIENT_ID: ConnectRefusal = { returnCode: 2, reasonCode: 0x85 };

/** An exchange of authentication data, which MQTT 5 has, is not supported. */
export const BAD_AUTHENTICATION_METHOD: ConnectRefusal = { returnCode: 5, reasonCode: 0x8c };

/** A CONNECT of MQTT 5 that is not well-formed; the versions before have no word for it. */
export const MALFORMED: ConnectRefusal = { returnCode: 2, reasonCode: 0x81 };

/** A limit of the server is reached. */
export const QUOTA_EXCEEDED: ConnectRefusal = { returnCode: 3, reasonCode: 0x97 };

/** The CONNACK that refuses, in the form of the protocol level that was spoken. */
export function refusalPacket({ returnCode, reasonCode }: ConnectRefusal, protocolVersion: number): Buffer {
  return protocolVersion === 5 ? Buffer.of(0x20, 3, 0, reasonCode, 0) : Buffer.of(0x20, 2, 0, returnCode);
}
