import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

// A frame need not hold a packet, nor a packet a frame [MQTT-6.0.0-2]; more than this at once is no device.
const MAX_FRAME_BYTES = 1024 * 1024;

/** Hands the MQTT streams that arrive as WebSockets at `path` to `admit`. MQTT 3.1.1 section 6. */
export function acceptWebSockets(
  server: Server,
  path: string,
  admit: (stream: Duplex, from: string) => void,
): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    // [MQTT-6.0.0-3] the subprotocol is mqtt; libraries of MQTT 3.1 say mqttv3.1
    handleProtocols: (offered) =>
      [...offered].find((name) => name === 'mqtt' || name === 'mqttv3.1') ?? false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.url?.split('?', 1)[0] !== path) {
      // What came behind the request is the next protocol's, should somebody speak it.
      if (head.length > 0) socket.unshift(head);
      return answerAsRequest(server, request, socket);
    }
    socket.on('error', () => socket.destroy());
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      admit(createWebSocketStream(webSocket), socket.remoteAddress ?? 'unknown');
    });
  });
}

// An upgrade that nobody here speaks is a request like any other (RFC 9110 section 7.8: a server may ignore Upgrade).
function answerAsRequest(server: Server, request: IncomingMessage, socket: Socket): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  socket.on('error', () => socket.destroy());
  server.emit('request', request, response);
}
