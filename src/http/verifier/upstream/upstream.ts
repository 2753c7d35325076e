import { Agent as HttpAgent, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { createProxyServer } from 'httpxy';
import { LiveConnections } from '../../../core/verify/live-connections.js';
import type { Accepted } from '../../../core/verify/verify.js';
import { identityHeaders, problemAnswer, send } from '../../responses/answer.js';
import { answerBare, TIMEOUTS } from '../../responses/connections.js';
import { type Problem, problem } from '../../responses/problem.js';
import type { HttpServices } from '../../services.js';
import { answeredHeaders, forwardedHeaders } from './forwarded-headers.js';

export interface UpstreamAddress {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** The longest silence of the upstream. */
  readonly timeoutMs: number;
  /** True if the caller's credentials go on with its request. */
  readonly keepCredentials: boolean;
}

interface UpstreamOptions extends UpstreamAddress {
  readonly services: HttpServices;
}

/** The server behind the verifier. It gets the requests that were accepted. */
export interface Upstream {
  /** Limits the time for the body of a request, unless the request is passed on. */
  expect(request: IncomingMessage): void;
  /** Passes a request on. `accepted` is undefined if no credential was checked. */
  pass(request: IncomingMessage, response: ServerResponse, accepted: Accepted | undefined): void;
  close(): void;
}

export function upstreamOf({ url, timeoutMs, keepCredentials, services }: UpstreamOptions): Upstream {
  const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent;
  // The upstream gets one connection for each request at a time, and most connections are used again.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
  const proxy = createProxyServer({ target: url, proxyTimeout: timeoutMs, upgradeTimeout: timeoutMs });
  const live = new LiveConnections({ ...services, protocol: 'http' });
  const keep = (connection: ServerResponse | Socket, accepted: Accepted, request: IncomingMessage) => {
    const address = services.proxies.addressOf(request);
    live.add(connection, accepted, { address, isBrief: 'headersSent' in connection });
    connection.once('close', () => live.delete(connection));
  };
  const late = new WeakSet<IncomingMessage>();
  /** The subprotocols that stood for a credential. */
  const marks = new WeakMap<IncomingMessage, string>();
  /** The number of octets written to a connection before it asked for an upgrade. */
  const writtenBefore = new WeakMap<Socket, number>();

  const tell = (error: Error) => services.observer.failed({ part: 'http-upstream', error });
  const fail = (peer: ServerResponse | Socket, failure: Problem, reason: string) => {
    tell(new Error(reason));
    answerFailure(peer, failure);
  };
  proxy.on('proxyReq', (outgoing, request, response) => {
    outgoing.once('timeout', () => late.add(request));
    outgoing.once('upgrade', (_answer, theirs) => {
      theirs.destroy();
      fail(response, BAD, 'it switched protocols without being asked to');
    });
  });
  proxy.on('proxyReqWs', (outgoing, request, socket) => {
    // A page ends a connection that takes none of the subprotocols that it offered.
    const mark = marks.get(request);
    outgoing.once('upgrade', ({ headers }) => {
      if (mark !== undefined) headers['sec-websocket-protocol'] ??= mark;
    });
    // Each side closes with the other.
    socket.once('close', () => outgoing.destroy());
    outgoing.once('upgrade', (_answer, theirs) => {
      socket.once('close', () => theirs.destroy());
      if (socket.destroyed) theirs.destroy();
    });
  });
  proxy.on('proxyRes', (answer, _request, response) => {
    const fault = faultOf(answer);
    if (fault !== undefined) {
      answer.resume();
      return fail(response, BAD, fault);
    }
    // The text has no meaning (RFC 9112 section 4), and may hold anything.
    answer.statusMessage = '';
    // The upstream has no say in the caller's connection.
    const connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
    const vary = [response.getHeader('vary') ?? [], answer.headers.vary ?? []].flat().join(', ');
    answer.headers = { ...answeredHeaders(answer.headers), connection, ...(vary !== '' && { vary }) };
  });
  proxy.on('error', (error, request, peer) => {
    tell(error);
    const isLate = (request && late.has(request)) || ('statusCode' in error && error.statusCode === 504);
    if (peer && !hasBegun(peer)) answerFailure(peer, isLate ? LATE : BAD);
    // The reader must not take a part for the whole.
    else peer?.destroy();
  });

  const hasBegun = (peer: ServerResponse | Socket) =>
    'headersSent' in peer ? peer.headersSent : peer.bytesWritten !== writtenBefore.get(peer);

  const deadlines = new WeakMap<IncomingMessage, NodeJS.Timeout>();

  return {
    expect(request) {
      if (!hasBody(request)) return;
      const timer = setTimeout(() => request.socket.destroy(), TIMEOUTS.requestTimeout);
      deadlines.set(request, timer);
      request.once('close', () => clearTimeout(timer));
    },
    pass(request, response, accepted) {
      clearTimeout(deadlines.get(request));
      const isOther = isUpgraded(request) && !isWebSocket(request);
      // Node reads no body after an upgrade.
      if (isUpgraded(request) && hasBody(request)) return send(response, problemAnswer(NO_UPGRADE));
      const isUpgrade = isUpgraded(request) && !isOther;
      const identity = accepted ? identityHeaders(accepted.principal) : [];
      request.headers = forwardedHeaders(request, { identity, keepCredentials, isUpgrade, services });
      const { socket } = request;
      const { webSocketCredentials } = services;
      if (isUpgrade && webSocketCredentials && !keepCredentials) {
        const mark = webSocketCredentials.markIn(request.headers);
        if (mark !== undefined) marks.set(request, mark);
        request.url = webSocketCredentials.pathWithout(request.url ?? '/');
        const offered = webSocketCredentials.withoutCredential(request.headers);
        if (offered === undefined) delete request.headers['sec-websocket-protocol'];
        else request.headers['sec-websocket-protocol'] = offered;
      }
      if (isUpgrade) {
        response.detachSocket(socket);
        writtenBefore.set(socket, socket.bytesWritten);
        if (accepted) keep(socket, accepted, request);
        proxy.ws(request, socket, {}).catch(() => socket.destroy());
        return;
      }
      if (accepted) keep(response, accepted, request);
      const buffer = isOther ? Readable.from([]) : undefined;
      proxy.web(request, response, { agent, ...(buffer && { buffer }) }).catch(() => response.destroy());
    },
    close() {
      live.close();
      agent.destroy();
    },
  };
}

const BAD = problem(502, {
  reason: 'bad upstream',
  detail: 'the server behind keywright does not answer as it should',
});
const LATE = problem(504, {
  reason: 'upstream timeout',
  detail: 'the server behind keywright does not answer in time',
});
const NO_UPGRADE = problem(400, {
  reason: 'bad request',
  detail: 'a request with a body cannot ask for an upgrade',
});

/** Tells if node has handed the connection over for an upgrade. */
function isUpgraded(request: IncomingMessage): boolean {
  return 'upgrade' in request && request.upgrade === true;
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Finds the fault that keeps an answer from being passed on. */
function faultOf({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode < 200 || statusCode > 599) return `it answered with status ${statusCode}`;
  const encoding = headers['transfer-encoding'];
  return encoding === undefined || /^chunked$/i.test(encoding)
    ? undefined
    : 'its answer has an unknown encoding';
}

function answerFailure(peer: ServerResponse | Socket, failure: Problem): void {
  if ('headersSent' in peer) {
    // No header of the upstream's answer stays.
    for (const name of peer.getHeaderNames()) peer.removeHeader(name);
    peer.statusMessage = '';
    send(peer, problemAnswer(failure));
  } else answerBare(peer, failure);
}
