import type { Rights } from '../../core/verify/topic-rights.js';
import type { Connect } from '../packets/connect.js';
import { PROPERTY } from '../packets/properties.js';
import { Message, type MessageParts } from './message.js';

/** What is published in a client's name when it goes without a word. MQTT 5 section 3.1.2.5. */
export interface Will {
  readonly parts: Omit<MessageParts, 'expiresAt'>;
  readonly expirySeconds: number | undefined;
  /** For how long it waits for the client to come back. MQTT 5 section 3.1.3.2.2. */
  readonly delaySeconds: number;
}

/** A will that waits for its client to come back. */
export interface DueWill {
  readonly will: Will;
  /** By the engine's clock. */
  readonly at: number;
  /** What the client may do then. */
  readonly rights: Rights;
}

/** The will of a CONNECT. */
export function willOf(
  { will }: Connect,
  { publisher, account }: Pick<MessageParts, 'publisher' | 'account'>,
): Will | undefined {
  if (will === undefined) return undefined;
  const { topic, qos, retain, properties } = will;
  return {
    parts: {
      ...{ topic, qos, retain, publisher, account },
      // It stays for as long as the connection: not with all that was received together with it.
      payload: Buffer.from(will.payload),
      properties: Buffer.from(properties.without(PROPERTY.messageExpiry, PROPERTY.willDelay)),
    },
    expirySeconds: properties.number(PROPERTY.messageExpiry),
    delaySeconds: properties.number(PROPERTY.willDelay) ?? 0,
  };
}

/** The will as a message that is published now. */
export function messageOf({ parts, expirySeconds }: Will, now: number): Message {
  const expiresAt = expirySeconds === undefined ? Number.POSITIVE_INFINITY : now + expirySeconds * 1_000;
  return new Message({ ...parts, expiresAt });
}
