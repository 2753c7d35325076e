import { generate, type IConnectPacket } from 'mqtt-packet';
import type { Principal } from '../../core/presentation.js';

/** Somebody whose sessions the broker keeps. */
export type Holder = Pick<Principal, 'kind' | 'id'>;

/** By which user name the broker knows somebody: a client by its id, and a user so that it cannot be a client's. */
export function upstreamName({ kind, id }: Holder): string {
  return kind === 'user' ? `~${id}` : id;
}

export interface UpstreamConnect {
  readonly sessionId: string;
  /** Whom the gate vouches for; undefined where nobody was asked who they are. */
  readonly holder: Holder | undefined;
  /** The gate's own password. */
  readonly password: Buffer | undefined;
  /** Whether what the broker kept under this session id was somebody else's. */
  readonly isStale: boolean;
}

/** A client's CONNECT as the gate says it to the broker: with an identity that was verified, and none of its credentials. */
export function upstreamConnect(
  packet: IConnectPacket,
  { sessionId, holder, password, isStale }: UpstreamConnect,
): Buffer {
  const { username: _, password: __, properties, ...kept } = packet;
  const { topicAliasMaximum: ___, ...passed } = properties ?? {};
  return generate({
    ...kept,
    clientId: sessionId,
    clean: packet.clean === true || isStale,
    // Deliveries are judged by their topics, so they must be in each.
    ...(properties && { properties: passed }),
    ...(holder && { username: upstreamName(holder), ...(password && { password }) }),
  });
}

/** A CONNECT that leaves nothing of a session: it is to be ended at once. MQTT 3.1.1 section 3.1.2.4. */
export function discardingConnect(
  sessionId: string,
  { holder, password }: Pick<UpstreamConnect, 'holder' | 'password'>,
): Buffer {
  const empty: IConnectPacket = {
    cmd: 'connect',
    clientId: '',
    protocolId: 'MQTT',
    protocolVersion: 4,
    keepalive: 10,
  };
  return upstreamConnect(empty, { sessionId, holder, password, isStale: true });
}

/** Whether a session may outlive its connection. */
export function mayOutlive({ protocolVersion, clean, properties }: IConnectPacket): boolean {
  return protocolVersion === 5 ? (properties?.sessionExpiryInterval ?? 0) > 0 : clean !== true;
}
