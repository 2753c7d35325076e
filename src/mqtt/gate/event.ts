import { type Holder, holderName, sessionName } from './engine.js';

/** Something that an operator looks for if a device does not get through. */
export interface MqttEvent {
  readonly what:
    | 'connection refused'
    | 'publish refused'
    | 'subscription refused'
    | 'session ended'
    | 'messages dropped';
  /** The address that the connection came from. */
  readonly address?: string;
  /** The client id as the client gave it, cut short, behind its holder's name; missing if the client gave none. */
  readonly clientId?: string;
  /** The protocol level. */
  readonly version?: number;
  readonly reason: string;
  /** The cause that the client is not told; only for a credential that was refused. */
  readonly cause?: () => string;
}

const MAX_SHOWN = 80;

/** The members of an event that say whose connection it is about. */
export function shownConnection({
  holder,
  clientId,
  version,
}: {
  readonly holder: Holder | undefined;
  readonly clientId: string;
  readonly version: number | undefined;
}): Pick<MqttEvent, 'clientId' | 'version'> {
  const shown = sessionName(holderName(holder), clientId).slice(0, MAX_SHOWN);
  return { ...(shown !== '' && { clientId: shown }), ...(version !== undefined && { version }) };
}
