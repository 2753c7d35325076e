import { join } from 'node:path';
import { registerApiKey, startServe } from '../serving.js';
import { compare } from '../turns.js';
import { startBare } from './bare.js';
import { connectAndBeRefused, connectAndClose, connectAndSubscribe } from './connect-load.js';
import { startMosquittoWithPassword } from './mosquitto.js';

const COUNT = 1000;
const ROWS = [
  { what: 'MQTT connect, accepted', load: connectAndClose, marks: { mosquitto: 1, bare: 1 } },
  { what: 'MQTT connect, refused', load: connectAndBeRefused, marks: { mosquitto: 1 } },
  { what: 'MQTT connect and subscribe', load: connectAndSubscribe, marks: { mosquitto: 1 } },
];

/** What a connection costs the server that lets it in, or refuses it. */
export async function* benchConnects({ directory, home, rounds, isWanted }) {
  const rows = ROWS.filter(({ what }) => isWanted(what));
  if (rows.length === 0) return;
  const key = registerApiKey(home);
  // It is made in another home: right in form and checksum, and unknown.
  const unknownKey = registerApiKey(join(directory, 'elsewhere'));
  const servers = {
    ours: await startServe(home, '--failed-attempts', 'off'),
    mosquitto: await startMosquittoWithPassword(directory),
    bare: await startBare('bare-connect.js', key),
  };
  // MQTT 3.1.1: 4 is a bad user name or password, 5 is not authorized.
  const users = {
    ours: { username: 'any', known: key, unknown: unknownKey, refusal: 4 },
    mosquitto: { username: 'bench', known: 'bench', unknown: 'wrong', refusal: 5 },
    bare: { username: 'any', known: key },
  };
  const subject = (name, load) => {
    const { username, known, unknown, refusal } = users[name];
    const fields = { username, password: load === connectAndBeRefused ? unknown : known };
    const { pid, port } = servers[name];
    return { pid, run: () => load({ port, fields, count: COUNT, refusal }) };
  };
  const names = { mosquitto: 'Mosquitto', bare: 'bare node' };
  try {
    for (const { what, load, marks } of rows) {
      const peers = Object.entries(marks).map(([peer, mark]) => ({
        ...subject(peer, load),
        name: names[peer],
        mark,
      }));
      yield* await compare({ what, rounds, ours: subject('ours', load), peers });
    }
  } finally {
    await Promise.all(Object.values(servers).map(({ stop }) => stop()));
  }
}
