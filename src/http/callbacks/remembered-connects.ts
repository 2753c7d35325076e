import type { UsedCredential } from '../../core/model/principal.js';
import type { Accepted } from '../../core/verify/verify.js';

// The limit of remembered connections. The oldest above it have to connect again.
const MAX_CONNECTIONS = 200_000;
// One client id has one connection. More are remembered only until it is known which of them still holds.
const MAX_AT_ONE_ID = 16;

export interface ConnectionName {
  readonly username: string;
  readonly clientId: string;
}

/** The clients that one broker was told to let in, by user name and client id, while this server runs. */
export class RememberedConnects {
  readonly #connections = new Map<string, readonly Accepted[]>();
  readonly #keysByUser = new Map<string, Set<string>>();

  /**
   * Adds a client. The broker may have refused the connection for its own reasons, which does not show here. So earlier
   * clients of the same name stay as long as their credential holds.
   */
  add(name: ConnectionName, accepted: Accepted, stillHolds: (earlier: Accepted) => boolean): void {
    const key = keyOf(name);
    const identity = identityOf(accepted);
    const others = (this.#connections.get(key) ?? []).filter(
      (earlier) => identityOf(earlier) !== identity && stillHolds(earlier),
    );
    // The newest goes to the end, so that the oldest is forgotten first.
    this.#connections.delete(key);
    this.#connections.set(key, [...others, accepted].slice(-MAX_AT_ONE_ID));
    const keys = this.#keysByUser.get(name.username) ?? new Set();
    this.#keysByUser.set(name.username, keys.add(key));
    if (this.#connections.size > MAX_CONNECTIONS) this.#forgetOldest();
  }

  /**
   * Finds all clients that may have this name. Without a client id, it finds those with the user name. Empty if there
   * are none.
   */
  find(username: string, clientId: string | undefined): readonly Accepted[] {
    if (clientId !== undefined) return this.#connections.get(keyOf({ username, clientId })) ?? [];
    return [...(this.#keysByUser.get(username) ?? [])].flatMap((key) => this.#connections.get(key) ?? []);
  }

  #forgetOldest(): void {
    const [oldest] = this.#connections.keys();
    if (oldest === undefined) return;
    this.#connections.delete(oldest);
    const [username] = JSON.parse(oldest);
    const keys = this.#keysByUser.get(username);
    keys?.delete(oldest);
    if (keys?.size === 0) this.#keysByUser.delete(username);
  }
}

function keyOf({ username, clientId }: ConnectionName): string {
  return JSON.stringify([username, clientId]);
}

// Every connection has a new access token. It takes the place of an earlier one with the same rights.
function identityOf({ principal: { kind, id, scopes, credential } }: Accepted): string {
  return JSON.stringify([kind, id, credential.kind, sourceOf(credential), scopes]);
}

function sourceOf(credential: UsedCredential): unknown {
  return credential.kind === 'access-token' ? credential.claims.origin : credential.id;
}
