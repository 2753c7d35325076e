import { type Holder, holderName } from '../gate/engine.js';
import { type Connect, encodeConnect } from '../packets/connect.js';
import { PROPERTY, Properties } from '../packets/properties.js';

export interface UpstreamConnect {
  readonly sessionId: string;
  /** The client or user that the gate verified; undefined on a listener that asks for no credential. */
  readonly holder: Holder | undefined;
  /** The gate's own password. */
  readonly password: Buffer | undefined;
  /** The broker may keep something of an earlier holder under this session id. */
  readonly isStale: boolean;
}

/** The CONNECT that the broker gets for a client's: with the verified identity, and none of the client's credentials. */
export function upstreamConnect(
  connect: Connect,
  { sessionId, holder, password, isStale }: UpstreamConnect,
): Buffer {
  return encodeConnect(
    {
      ...connect,
      clientId: sessionId,
      clean: connect.clean || isStale,
      username: holder && holderName(holder),
      password: holder && password,
    },
    {
      // Deliveries are judged by their topics: each must have its own.
      own: connect.properties.without(PROPERTY.topicAliasMaximum),
      will: connect.will?.properties.without() ?? Buffer.alloc(0),
    },
  );
}

/** A CONNECT that leaves nothing of a session if it is ended at once. MQTT 3.1.1 section 3.1.2.4. */
export function discardingConnect(
  sessionId: string,
  { holder, password }: Pick<UpstreamConnect, 'holder' | 'password'>,
): Buffer {
  const empty: Connect = {
    protocolVersion: 4,
    isBridge: false,
    clean: true,
    keepAliveSeconds: 10,
    properties: Properties.NONE,
    clientId: '',
    will: undefined,
    username: undefined,
    password: undefined,
  };
  return upstreamConnect(empty, { sessionId, holder, password, isStale: true });
}

/** True if the session may outlive its connection. */
export function mayOutlive({ protocolVersion, clean, properties }: Connect): boolean {
  return protocolVersion === 5 ? (properties.number(PROPERTY.sessionExpiry) ?? 0) > 0 : !clean;
}
