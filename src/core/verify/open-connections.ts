import type { ConnectionChange } from '../ports/activity.js';
import type { ConnectionList, OpenConnection } from '../ports/connection-list.js';

/** The open connections of all listeners together. */
export class OpenConnections implements ConnectionList {
  readonly #lists: ConnectionList[] = [];
  readonly #tell: (change: Omit<ConnectionChange, 'at'>) => void;

  /** @param tell gets each connection that is opened or closed */
  constructor(tell: (change: Omit<ConnectionChange, 'at'>) => void) {
    this.#tell = tell;
  }

  join(list: ConnectionList): void {
    this.#lists.push(list);
  }

  opened(connection: OpenConnection): void {
    this.#tell({ what: 'opened', connection, reason: null });
  }

  /** @param reason why the server ended it; undefined if it did not */
  closed(connection: OpenConnection, reason: string | undefined): void {
    this.#tell({ what: 'closed', connection, reason: reason ?? null });
  }

  open(clientId?: string): readonly OpenConnection[] {
    const all = this.#lists.flatMap((list) => list.open(clientId));
    return all.sort((one, other) => other.since - one.since);
  }
}
