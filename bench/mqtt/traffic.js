import { generate } from 'mqtt-packet';
import { ask, openMany } from './client.js';
import { countAcknowledgements, countDeliveries } from './deliveries.js';

const PAYLOAD = Buffer.alloc(100, 'x');
const STUCK_MS = 15_000;
let opened = 0;

/**
 * Clients that send and clients that receive, connected and subscribed, by names and a topic of their own. `run` sends that
 * many messages, of which at most `inFlight` are on their way at a time, and resolves to the number of deliveries once all of
 * them were counted.
 */
export async function openTraffic({ port, fields, senders, receivers, qos }) {
  opened += 1;
  const topic = `bench/${opened}`;
  const named = (role, count) =>
    Array.from({ length: count }, (_, index) => ({ ...fields, clientId: `${role}-${opened}-${index}` }));
  const receiving = await openMany({ port, fields: named('receiver', receivers) });
  const sending = await openMany({ port, fields: named('sender', senders) });
  const subscribe = generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] });
  const granted = Buffer.from([0x90, 3, 0, 1, qos]);
  for (const socket of receiving) await ask(socket, { send: subscribe, answer: granted });

  const { template, idAt, send } = messageMaker({ topic, qos, sockets: sending });
  let turn = newTurn();
  const goOn = () => {
    // A message has arrived once every receiver has it and, at QoS 1, its sender knows.
    const delivered = Math.floor(turn.delivered / receivers);
    const arrived = qos === 0 ? delivered : Math.min(delivered, turn.acknowledged);
    if (arrived >= turn.count) return turn.resolve(turn.delivered);
    const more = Math.min(turn.count, arrived + turn.inFlight) - turn.sent;
    if (more <= 0) return;
    turn.sent += more;
    send(more);
  };
  const fail = (error) => turn.reject(error);
  for (const socket of receiving) {
    const count = (deliveries) => {
      turn.delivered += deliveries;
      goOn();
    };
    countDeliveries(socket, { template, idAt, count, fail });
  }
  for (const socket of sending) {
    const count = (acknowledgements) => {
      turn.acknowledged += acknowledgements;
      goOn();
    };
    countAcknowledgements(socket, { count, fail });
  }
  const sockets = [...receiving, ...sending];
  for (const socket of sockets) socket.on('close', () => fail(new Error('a connection was closed')));
  const check = () => {
    const { delivered, count } = turn;
    if (delivered !== count * receivers) throw new Error(`${delivered} deliveries of ${count} messages`);
  };
  return {
    run: async (load) => {
      let stuck;
      try {
        return await new Promise((resolve, reject) => {
          turn = newTurn({ ...load, resolve, reject });
          stuck = setTimeout(() => {
            reject(new Error(`stuck after ${turn.delivered} deliveries of ${turn.sent} messages`));
          }, STUCK_MS);
          goOn();
        });
      } finally {
        clearTimeout(stuck);
      }
    },
    /** Throws where more was delivered in the last turn than was sent. */
    check,
    close: () => {
      turn = newTurn();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function newTurn(load) {
  return {
    ...{ count: 0, inFlight: 0, sent: 0, delivered: 0, acknowledged: 0, resolve() {}, reject() {} },
    ...load,
  };
}

/** Sends messages from all sockets in turn; of one socket several in one write. */
function messageMaker({ topic, qos, sockets }) {
  const fields = { cmd: 'publish', topic, payload: PAYLOAD, qos, dup: false, retain: false };
  const template = generate(qos === 0 ? fields : { ...fields, messageId: 1 });
  // It stands between the topic and the payload.
  const idAt = qos === 0 ? undefined : template.length - PAYLOAD.length - 2;
  let serial = 0;
  const next = () => {
    serial += 1;
    if (idAt === undefined) return template;
    const message = Buffer.from(template);
    message.writeUInt16BE((Math.floor(serial / sockets.length) % 60_000) + 1, idAt);
    return message;
  };
  const send = (count) => {
    if (sockets.length === 1) {
      sockets[0].write(Buffer.concat(Array.from({ length: count }, next)));
      return;
    }
    for (let index = 0; index < count; index += 1) sockets[serial % sockets.length].write(next());
  };
  return { template, idAt, send };
}
