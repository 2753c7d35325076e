import type { Principal } from '../model/principal.js';
import type { Timestamp } from '../model/time.js';

/** A connection of this server that was let in, and is open. */
export interface OpenConnection {
  /** Who was let in, and by which credential. */
  readonly principal: Principal;
  readonly protocol: 'http' | 'mqtt';
  readonly address: string;
  readonly since: Timestamp;
}

/** The open connections of this server. */
export interface ConnectionList {
  /** Lists them, the newest first; of one client if that is named. */
  open(clientId?: string): readonly OpenConnection[];
}
