import { connect } from 'node:net';
import { generate } from 'mqtt-packet';

/** What a client sends first, in octets: MQTT 3.1.1, clean session. */
export function connectOctets(fields) {
  return generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 600 },
    ...fields,
  });
}

export const DISCONNECT = generate({ cmd: 'disconnect' });

/** A CONNACK with this return code. */
export function connackOctets(returnCode) {
  return Buffer.from([0x20, 2, 0, returnCode]);
}

/** Connections that were accepted, opened eight at a time so that no listener's queue overflows. */
export async function openMany({ port, fields }) {
  const sockets = [];
  const rest = fields.values();
  await inParallel(8, async () => {
    for (const each of rest) sockets.push(await open({ port, fields: each }));
  });
  return sockets;
}

export function inParallel(count, worker) {
  return Promise.all(Array.from({ length: count }, (_, index) => worker(index)));
}

export function dial(port) {
  return connect({ port, host: '127.0.0.1', noDelay: true });
}

/** Sends octets and waits for an answer, which must be the expected one. */
export function ask(socket, { send, answer }) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const fail = (error) => reject(error ?? new Error('closed before the answer'));
    const receive = (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (received.length < answer.length) return;
      socket.off('data', receive).off('error', fail).off('end', fail);
      if (received.equals(answer)) return resolve();
      reject(new Error(`expected ${answer.toString('hex')} and got ${received.toString('hex')}`));
    };
    socket.on('data', receive).once('error', fail).once('end', fail);
    socket.write(send);
  });
}

async function open({ port, fields }) {
  const socket = dial(port);
  await ask(socket, { send: connectOctets(fields), answer: connackOctets(0) });
  return socket;
}
