import type { ConnectionList, OpenConnection } from '../ports/connection-list.js';
import type { LiveConnections } from './live-connections.js';

/** The open connections of all listeners together. */
export class OpenConnections implements ConnectionList {
  readonly #lists: Pick<LiveConnections, 'open'>[] = [];

  join(list: Pick<LiveConnections, 'open'>): void {
    this.#lists.push(list);
  }

  open(clientId?: string): readonly OpenConnection[] {
    const all = this.#lists.flatMap((list) => list.open(clientId));
    return all.sort((one, other) => other.since - one.since);
  }
}
