import type { Timestamp } from '../model/time.js';
import type { Presentation, Rejection } from './presentation.js';
import type { Registry } from './registry.js';

/** A presentation that was refused. */
export interface Refused {
  readonly presentation: Presentation;
  readonly reason: Rejection;
  readonly registry: Registry;
  readonly now: Timestamp;
}

/** Credentials in words. */
export const CREDENTIAL_NAMES = {
  certificate: 'certificate',
  'signed-token': 'signed token',
  'api-key': 'API key',
  'access-token': 'access token',
  password: 'password',
  'session-cookie': 'console session',
} as const;
