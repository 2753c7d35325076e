import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The places where a page can put a credential. Its WebSockets have no headers of its own. */
export type WebSocketPlace = 'subprotocol' | 'query';

/** The subprotocol whose next one is a credential: `new WebSocket(url, ['bearer', key])`. */
const BEARER = 'bearer';
/** RFC 6750 section 2.3 */
const PARAMETER = 'access_token';

/** Reads the credentials of WebSocket handshakes, and removes them from what goes on. */
export class WebSocketCredentials {
  readonly #places: ReadonlySet<WebSocketPlace>;

  constructor(places: readonly WebSocketPlace[]) {
    this.#places = new Set(places);
  }

  /** Lists the texts that a handshake presents; undefined if the request is none. @param path with its query */
  read({ headers }: Pick<IncomingMessage, 'headers'>, path: string | undefined): string[] | undefined {
    // A gateway that asks passes this on, but not the upgrade itself.
    if (headers['sec-websocket-key'] === undefined) return undefined;
    const offered = this.#places.has('subprotocol') ? subprotocolsOf(headers) : [];
    const query = this.#places.has('query') ? queryOf(path ?? '') : '';
    const texts = [
      ...offered.filter((_, index) => offered[index - 1] === BEARER),
      ...new URLSearchParams(query).getAll(PARAMETER),
    ];
    return texts.filter((text) => text !== '');
  }

  /** Removes the credential from the subprotocols that are offered. @returns undefined if nothing else is offered */
  withoutCredential(headers: IncomingHttpHeaders): string | undefined {
    const offered = subprotocolsOf(headers);
    const kept = this.#places.has('subprotocol')
      ? offered.filter((name, index) => name !== BEARER && offered[index - 1] !== BEARER)
      : offered;
    return kept.length === 0 ? undefined : kept.join(', ');
  }

  /** Tells the subprotocol that stands for the credential, which a page expects in the answer. */
  markIn(headers: IncomingHttpHeaders): string | undefined {
    return this.#places.has('subprotocol') && subprotocolsOf(headers).includes(BEARER) ? BEARER : undefined;
  }

  /** Removes the credential from a path with its query. */
  pathWithout(path: string): string {
    const query = this.#places.has('query') ? queryOf(path) : '';
    const kept = query.split('&').filter((field) => !new URLSearchParams(field).has(PARAMETER));
    if (query === '' || kept.length === query.split('&').length) return path;
    const plain = path.slice(0, path.indexOf('?'));
    return kept.length === 0 ? plain : `${plain}?${kept.join('&')}`;
  }
}

function subprotocolsOf(headers: IncomingHttpHeaders): string[] {
  const names = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '');
}

function queryOf(path: string): string {
  return path.includes('?') ? path.slice(path.indexOf('?') + 1) : '';
}
