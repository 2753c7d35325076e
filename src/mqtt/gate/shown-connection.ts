import type { MqttClient } from '../../core/ports/observer.js';
import { type Holder, holderName, sessionName } from './engine.js';

const MAX_SHOWN = 80;

/** Says whose connection it is, for observers. */
export function shownConnection({
  holder,
  clientId,
  version,
}: {
  readonly holder: Holder | undefined;
  readonly clientId: string;
  readonly version: number | undefined;
}): Pick<MqttClient, 'clientId' | 'version'> {
  const shown = sessionName(holderName(holder), clientId).slice(0, MAX_SHOWN);
  return { ...(shown !== '' && { clientId: shown }), ...(version !== undefined && { version }) };
}
