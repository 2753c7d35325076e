import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

// Packets and frames need not begin together [MQTT-6.0.0-2]; no device sends more than this in one frame.
const MAX_FRAME_BYTES = 1024 * 1024;

/** What the HTTP server knows of the requests that ask for WebSockets. */
export interface WebSocketHost {
  readonly path: string;
  /** The address that a request comes from. */
  addressOf(request: IncomingMessage): string;
  /** Finds what is wrong with a request of any kind. */
  faultOf(request: IncomingMessage): WebSocketRefusal | undefined;
  /** Refuses a handshake, and ends its connection. */
  refuse(socket: Duplex, refusal: WebSocketRefusal): void;
}

interface WebSocketRefusal {
  readonly status: number;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Hands the MQTT streams that arrive as WebSockets at a path to `admit`. MQTT 3.1.1 section 6. */
export function acceptWebSockets(
  server: Server,
  { path, addressOf, faultOf, refuse }: WebSocketHost,
  admit: (stream: Duplex, from: string) => void,
): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    // [MQTT-6.0.0-3] the subprotocol is mqtt; libraries of MQTT 3.1 say mqttv3.1
    handleProtocols: (offered) =>
      [...offered].find((name) => name === 'mqtt' || name === 'mqttv3.1') ?? false,
  });
  webSockets.on('wsClientError', (error, socket, request) => refuse(socket, refusalOf(error, request)));
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      const response = claim(socket, request);
      if (response === undefined) return;
      if (request.url?.split('?', 1)[0] !== path) {
        // Octets behind the request belong to the next protocol, if the server speaks it.
        if (head.length > 0) socket.unshift(head);
        return answerAsRequest(server, request, response);
      }
      response.detachSocket(socket);
      const fault = faultOf(request) ?? (hasBody(request) ? WITH_BODY : undefined);
      if (fault !== undefined) return refuse(socket, fault);
      const from = addressOf(request);
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        admit(createWebSocketStream(webSocket), from);
      });
    } catch {
      // A failure in here ends this connection, and no other.
      socket.destroy();
    }
  });
}

const WITH_BODY: WebSocketRefusal = {
  status: 400,
  detail: 'a request with a body cannot ask for an upgrade',
};

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

// RFC 6455 section 4.4: a version that is not spoken is answered with those that are.
function refusalOf({ message }: Error, { method, headers }: IncomingMessage): WebSocketRefusal {
  const detail = `this is no WebSocket handshake: ${message}`;
  if (method !== 'GET') return { status: 405, detail, headers: { Allow: 'GET' } };
  return /version/i.test(message) && headers['sec-websocket-version'] !== undefined
    ? { status: 426, detail, headers: { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' } }
    : { status: 400, detail };
}

/** The response to an upgrade. It must not overtake the answer to an earlier request: if that is still to come, the connection is cut. */
function claim(socket: Socket, request: IncomingMessage): ServerResponse | undefined {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket);
    return response;
  } catch {
    socket.destroy();
    return undefined;
  }
}

// An upgrade to an unknown protocol is a request like any other (RFC 9110 section 7.8: a server may ignore Upgrade).
function answerAsRequest(server: Server, request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  response.once('finish', () => {
    // Octets behind the request would keep the connection open if they stayed unread.
    socket.resume();
    socket.destroySoon();
  });
  server.emit('request', request, response);
}
