import { canonicalClientId } from '../../core/model/client-id.js';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { isTopicName, type TopicVerb } from '../../core/model/scope.js';
import { textHash } from '../../core/model/signed-token.js';
import { verifyConnect } from '../../core/verify/connect.js';
import { decide } from '../../core/verify/decide.js';
import { explainLimit, explainRefusal, RATE_LIMITED } from '../../core/verify/explain-refusal.js';
import { type ConnectTexts, presentConnectTexts } from '../../core/verify/present-connect.js';
import { CONNECT_DEMAND, type Presentation, type Rejection } from '../../core/verify/presentation.js';
import { type Accepted, mayUseTopic, stillHolds } from '../../core/verify/verify.js';
import type { Told } from '../responses/errors.js';
import type { HttpServices } from '../services.js';
import { RememberedConnects } from './remembered-connects.js';

/**
 * A broker's question if a client may connect, with the texts of the CONNECT. A text is empty if the CONNECT lacks it.
 */
interface ConnectQuestion {
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  /** The device's address, if the broker names it. */
  readonly address: string | undefined;
  /** The address that the question itself comes from. */
  readonly broker: string;
}

/** A broker's question about a client that is connected. */
interface ConnectedClient {
  readonly username: string;
  /** Undefined if the broker does not say. */
  readonly clientId: string | undefined;
  /** The device's address, if the broker names it only now. */
  readonly address?: string;
}

interface TopicUse {
  readonly verb: TopicVerb;
  /** A topic; to subscribe also a filter. */
  readonly topic: string;
}

/** The answer to a broker. Reason and explanation are for the operator, not for the device. */
export type Decision = { readonly outcome: 'allow'; readonly principals: readonly Principal[] } | Denial;

interface Denial extends Told {
  readonly outcome: 'deny' | 'unavailable';
  /** The device's address, if the broker names it. */
  readonly address?: string | undefined;
}

/** The policy behind the call-backs of one broker. Every dialect asks it, and translates its answers. */
export interface BrokerPolicy {
  /** Decides if a client may connect, exactly as keywright's own MQTT listener does. */
  connect(question: ConnectQuestion): Promise<Decision>;
  /** Decides if the credential of a connected client still holds. */
  isConnected(client: ConnectedClient): Promise<Decision>;
  /** Decides if a connected client may use a topic, by the rights that it has now. */
  use(client: ConnectedClient, use: TopicUse): Promise<Decision>;
}

export function brokerPolicy(services: HttpServices): BrokerPolicy {
  const { registry, clock, attempts } = services;
  const admitted = new RememberedConnects();

  const refusal = (presentation: Presentation, reason: Rejection): Denial => ({
    outcome: reason === 'unavailable' ? 'unavailable' : 'deny',
    reason,
    explain: () => explainRefusal({ presentation, reason, registry, now: clock.now() }),
  });

  const connect = async (question: ConnectQuestion): Promise<Decision> => {
    const { username, password, clientId, address } = question;
    const { presentation } = presentConnectTexts(ownTexts({ clientId, name: username, secret: password }));
    // All devices of a broker come from the broker's address. Without their own addresses, their user names tell them
    // apart.
    const countAs = address ? services.addressKey(address) : `name ${textHash(username)}`;
    const verdict = await verifyConnect(presentation, { registry, clock, attempts, countAs });
    if (verdict.outcome === 'limited') {
      const { reason } = verdict;
      const explain = () => explainLimit({ presentation, reason, registry, now: clock.now() });
      return { outcome: 'deny', reason: RATE_LIMITED, address, explain };
    }
    if (verdict.outcome === 'rejected') return { ...refusal(presentation, verdict.reason), address };
    const { principal, passwordId } = verdict;
    if (isAnothersId(clientId, principal)) return { ...deny(ANOTHERS_ID), address };
    services.observer.accepted(principal, address || question.broker);
    admitted.add({ username, clientId }, { principal, demand: CONNECT_DEMAND, passwordId }, holds);
    return { outcome: 'allow', principals: [principal] };
  };

  const isConnected = async (client: ConnectedClient): Promise<Decision> => {
    const decision = await whoIs(client);
    if (decision.outcome !== 'allow' || !client.address) return decision;
    const [principal, ...others] = decision.principals;
    if (principal !== undefined && others.length === 0) services.observer.accepted(principal, client.address);
    return decision;
  };

  const whoIs = async ({ username, clientId }: ConnectedClient): Promise<Decision> => {
    const known = admitted.find(username, clientId);
    if (known.length === 0) return byName({ username, clientId });
    const principals = known.filter(holds).map(({ principal }) => principal);
    return principals.length > 0 ? { outcome: 'allow', principals } : deny(ENDED);
  };

  /**
   * Decides on a client that connected before this process started. Its user name is its credential, so it can be
   * verified again.
   */
  const byName = async ({ username, clientId }: ConnectedClient): Promise<Decision> => {
    const credential = readCredential(username);
    if (credential.kind === 'unknown') return { outcome: 'unavailable', reason: STRANGER };
    // The password beside a key was checked at the connect. Only a signed token belongs to one client id.
    const claimedId = credential.kind === 'signed-token' ? (clientId ?? '') : undefined;
    const presentation: Presentation = { credential, clientId: claimedId, demand: CONNECT_DEMAND };
    const verdict = await decide(presentation, registry, clock);
    if (verdict.outcome === 'rejected') return refusal(presentation, verdict.reason);
    const { principal } = verdict;
    if (clientId !== undefined && isAnothersId(clientId, principal)) return deny(ANOTHERS_ID);
    return { outcome: 'allow', principals: [principal] };
  };

  const use = async (client: ConnectedClient, { verb, topic }: TopicUse): Promise<Decision> => {
    if (topic === '' || (verb === 'publish' && (!isTopicName(topic) || topic.startsWith('$'))))
      return deny(`nobody may ${verb} to ${shown(topic)}`);
    const decision = await whoIs(client);
    if (decision.outcome !== 'allow') return decision;
    const now = clock.now();
    const may = (principal: Principal) => mayUseTopic(principal, registry, { verb, topic, now });
    // The client may be any of several principals, so all of them must have the right.
    return decision.principals.every(may) ? decision : deny(`no scope to ${verb} to ${shown(topic)}`);
  };

  const holds = (accepted: Accepted): boolean => stillHolds(accepted, registry, clock.now());

  // The gate names sessions itself. A broker has one session for each client id, and gives it to every client with that
  // id.
  const isAnothersId = (clientId: string, { kind, id }: Principal): boolean => {
    const named = canonicalClientId(clientId);
    if (named === undefined || (kind === 'client' && named === id)) return false;
    return registry.clientById(named) !== undefined;
  };

  return { connect: guarded(connect), isConnected: guarded(isConnected), use: guarded(use) };
}

/** Brokers may demand a password: a signed token, which needs none, may be in its place beside any user name. */
function ownTexts(texts: ConnectTexts): ConnectTexts {
  const isToken = readCredential(texts.secret).kind === 'signed-token';
  if (!isToken || readCredential(texts.name).kind !== 'unknown') return texts;
  return { ...texts, name: texts.secret, secret: '' };
}

const UNAVAILABLE: Decision = { outcome: 'unavailable', reason: 'unavailable' };
const STRANGER = 'nobody has connected by this name since the start';
const ENDED = 'the credential that it connected with does not hold any more';
const ANOTHERS_ID = 'the client id is another client’s';

function deny(reason: string): Denial {
  return { outcome: 'deny', reason };
}

function shown(topic: string): string {
  return JSON.stringify(topic.slice(0, 120));
}

/** Makes a decision that fails refuse. */
function guarded<Question extends unknown[]>(
  decide: (...question: Question) => Promise<Decision>,
): (...question: Question) => Promise<Decision> {
  return (...question) => decide(...question).catch(() => UNAVAILABLE);
}
