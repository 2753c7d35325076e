import type { Rights } from '../../core/verify/topic-rights.js';
import type { Connect } from '../packets/connect.js';
import { PROPERTY } from '../packets/properties.js';
import { Message, type MessageParts } from './message.js';

/** A message that is published in a client's name if it goes without a DISCONNECT. MQTT 5 section 3.1.2.5. */
export interface Will {
  readonly parts: Omit<MessageParts, 'expiresAt'>;
  readonly expirySeconds: number | undefined;
  /** The time that it waits for the client to come back. MQTT 5 section 3.1.3.2.2. */
  readonly delaySeconds: number;
}

/** A will that waits for its client to come back. */
export interface DueWill {
  readonly will: Will;
  /** The time that it is published at, by the engine's clock. */
  readonly at: number;
  /** The client's rights, to be asked at that time. */
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
      // A copy: the will stays as long as the connection, and must not keep the chunk that it was received in.
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
