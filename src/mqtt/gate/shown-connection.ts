import { type Holder, holderName, sessionName } from './engine.js';

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
}): { readonly clientId?: string; readonly version?: number } {
  const shown = sessionName(holderName(holder), clientId).slice(0, MAX_SHOWN);
  return { ...(shown !== '' && { clientId: shown }), ...(version !== undefined && { version }) };
}
