import type { Duplex } from 'node:stream';
import type { LiveSessions } from '../../core/live-sessions.js';
import type { Clock, Limiter } from '../../core/ports.js';
import type { Principal } from '../../core/presentation.js';
import type { Registry } from '../../core/prove.js';
import { refusalCause } from '../../core/refusal-cause.js';
import { isTopicName } from '../../core/scope.js';
import { mayUseTopic, passwordIdOf } from '../../core/verify.js';
import { CONNECT_DEMAND, verifyConnect } from '../../core/verify-connect.js';
import {
  type ConnectRefusal,
  connectRefusal,
  refusalPacket,
  SERVER_UNAVAILABLE,
  UNSUPPORTED_PROTOCOL,
} from '../packets/connack.js';
import { hangUp } from '../packets/hang-up.js';
import type { Engine } from './engine.js';
import { type MqttAuthentication, presentConnect } from './present.js';
import { readConnect } from './read-connect.js';

export interface GateOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly sessions: LiveSessions;
  readonly authentication: MqttAuthentication;
  readonly connectTimeoutMs: number;
  /** The address that the connection comes from. */
  readonly from: string;
  /** Failed attempts of an address; undefined for no limit. */
  readonly failures: Limiter | undefined;
  /** By what an address is counted. */
  readonly addressKey: (address: string) => string;
  /** Is told who got in, and from where. */
  readonly noteUse: (principal: Principal, from: string) => void;
  /** Is told of what an operator would look for when a device does not get through. */
  readonly report: (event: MqttEvent) => void;
}

/** A connection, a publish or a subscription that was refused, or a session that was ended. */
export interface MqttEvent {
  readonly what: 'connection refused' | 'publish refused' | 'subscription refused' | 'session ended';
  /** As the client gave it, cut short. */
  readonly clientId: string;
  readonly reason: string;
  /** What the client is not told; only for a credential that was refused. */
  readonly cause?: () => string;
}

/**
 * Decides on a connection by its CONNECT, before any engine sees it: a refusal costs no session.
 * Order: one whole CONNECT → its credential → the protocol level → the engine.
 */
export async function admitConnection(stream: Duplex, options: GateOptions): Promise<void> {
  try {
    await decide(stream, options);
  } catch {
    // Whatever fails in here lets nobody in, and ends nobody else.
    stream.destroy();
  }
}

async function decide(stream: Duplex, options: GateOptions): Promise<void> {
  const { registry, clock, engine, sessions, authentication } = options;
  stream.on('error', () => stream.destroy());
  const first = await readConnect(stream, { timeoutMs: options.connectTimeoutMs });
  if (first.outcome === 'not-mqtt') return void stream.destroy();
  // [MQTT-3.1.2-2] an unknown protocol level is answered with 0x01
  if (first.outcome === 'unknown-protocol')
    return refuse(stream, { refusal: UNSUPPORTED_PROTOCOL, protocolVersion: 4 });

  const { packet } = first;
  // [MQTT-3.1.3-10] a will is a message like any other: its topic must be one
  if (packet.will && !isTopicName(packet.will.topic)) return void stream.destroy();
  const protocolVersion = packet.protocolVersion ?? 4;
  let principal: Principal | undefined;
  let presentedPassword = false;
  if (authentication !== 'open') {
    const { presentation, isPassword } = presentConnect(packet, stream, authentication);
    const { failures, addressKey, from } = options;
    const countAs = addressKey(from);
    const verdict = await verifyConnect(presentation, { registry, clock, failures, countAs });
    if (verdict.outcome !== 'accepted') {
      const { outcome, reason } = verdict;
      const clientId = packet.clientId.slice(0, 80);
      if (reason !== undefined) {
        const asked = { ...presentation, demand: CONNECT_DEMAND };
        const cause = () => refusalCause({ presentation: asked, reason, registry, now: clock.now() });
        options.report({ what: 'connection refused', clientId, reason, cause });
      }
      const refusal =
        outcome === 'limited' ? SERVER_UNAVAILABLE : connectRefusal(verdict.reason, { isPassword });
      return refuse(stream, { refusal, protocolVersion });
    }
    principal = verdict.principal;
    presentedPassword = presentation.password !== undefined;
    options.noteUse(principal, options.from);
    // Nobody waits for an answer that cannot come.
    if (stream.destroyed) return;
  }
  if (!engine.protocolVersions.has(protocolVersion)) {
    return refuse(stream, { refusal: UNSUPPORTED_PROTOCOL, protocolVersion });
  }

  const passwordId = presentedPassword && principal ? passwordIdOf(principal, registry) : undefined;
  if (principal !== undefined) sessions.add(stream, { principal, demand: CONNECT_DEMAND, passwordId });
  const sessionId = sessionIdOf(packet.clientId, principal);
  const clientId = sessionId.slice(0, 80);
  engine.admit({
    stream,
    first,
    principal,
    sessionId,
    refuse: (refusal, reason) => {
      options.report({ what: 'connection refused', clientId, reason });
      refuse(stream, { refusal, protocolVersion });
    },
    ended: (reason) => options.report({ what: 'session ended', clientId, reason }),
    mayUse: (verb, topic) =>
      principal === undefined || mayUseTopic(principal, registry, { verb, topic, now: clock.now() }),
    refused: (verb, topic) => {
      const what = verb === 'publish' ? 'publish refused' : 'subscription refused';
      options.report({ what, clientId: sessionId, reason: `no scope for ${topic.slice(0, 120)}` });
    },
  });
}

/**
 * Under which id the engine keeps a session. A client that chooses its own ids cannot take another client's session:
 * no registered id has a colon.
 */
function sessionIdOf(clientId: string, principal: Principal | undefined): string {
  if (principal === undefined || clientId === '') return clientId;
  const { kind, id, credential } = principal;
  // No client's id begins with ~, so that no client's session can be a user's.
  if (kind === 'user') return `~${id}:${clientId}`;
  const choosesId = credential.kind === 'api-key' || credential.kind === 'access-token';
  return choosesId ? `${id}:${clientId}` : id;
}

function refuse(
  stream: Duplex,
  { refusal, protocolVersion }: { readonly refusal: ConnectRefusal; readonly protocolVersion: number },
): void {
  hangUp(stream, refusalPacket(refusal, protocolVersion));
}
