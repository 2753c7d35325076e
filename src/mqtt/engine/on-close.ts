import type { Broker } from './broker.js';
import type { Connection } from './connection.js';
import type { Session } from './session.js';
import { type DueWill, messageOf } from './will.js';
import { SLICE_STEPS } from './work.js';

/** A connection is over: its session stays or ends, and its will is published, now or later. MQTT 5 sections 3.1.2.5 and 4.1. */
export function onClose(connection: Connection): void {
  const { session, broker, will, handover } = connection;
  connection.will = undefined;
  // Another connection has the session now, or it was ended.
  if (session.outlet !== connection) return;
  const now = broker.now();
  const delaySeconds = Math.min(will?.delaySeconds ?? 0, session.expirySeconds);
  if (session.expirySeconds === 0) broker.sessions.end(session);
  else session.detach(now + session.expirySeconds * 1_000);
  if (will === undefined || (connection.isContinued && delaySeconds > 0)) return;
  const due = { will, at: now + delaySeconds * 1_000, rights: handover.rights };
  if (delaySeconds === 0) publishWill(broker, due);
  else broker.wills.set(session, due);
}

/** Publishes a session's waiting will, if there is one, before its time: the session ends. */
export function publishWaitingWill(broker: Broker, session: Session): void {
  const due = broker.wills.get(session);
  broker.wills.delete(session);
  if (due !== undefined) publishWill(broker, due);
}

/** Publishes a will, if its client may still publish to its topic. */
export function publishWill(broker: Broker, { will, rights }: DueWill): void {
  if (!rights.may('publish', will.parts.topic)) return;
  const message = messageOf(will, broker.now());
  broker.retain(message);
  const rest = broker.publish(message, { left: SLICE_STEPS });
  if (rest !== undefined) broker.work.add(rest);
}
