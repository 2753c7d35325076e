import type { Packet } from 'mqtt-packet';
import { expect, it, onTestFinished } from 'vitest';
import { mqttLimits } from '../../../src/core/model/mqtt-limits.js';
import { EmbeddedEngine } from '../../../src/mqtt/engine/engine.js';
import { SLICE_STEPS } from '../../../src/mqtt/engine/work.js';
import type { Engine } from '../../../src/mqtt/gate/engine.js';
import { eventually } from '../../support/keywright.js';
import { OpenGate, type Peer } from '../../support/mqtt-gate.js';

const PING: Packet = { cmd: 'pingreq' };
const pings = (count: number) => Array<Packet>(count).fill(PING);

function newEngine(options: { readonly now?: () => number } = {}): EmbeddedEngine {
  const engine = new EmbeddedEngine({
    ...options,
    limits: mqttLimits({ waitingOctets: 1_024, stalledSeconds: 60 }),
    observer: {
      connection: () => undefined,
      failed: ({ error }) => {
        throw error;
      },
    },
  });
  onTestFinished(() => engine.close());
  return engine;
}

function answered(peer: Peer, count: number): Promise<void> {
  return eventually(() => peer.got.length === 1 + count, { withinMs: 5_000, what: `${count} answers` });
}

it('reads no more of a connection that said more at once than is done in its turn', async () => {
  const engine = newEngine();
  const wasPaused: boolean[] = [];
  const watched: Engine = {
    handOver: (handover, ...rest) => {
      const served = engine.handOver(handover, ...rest);
      // By then the gate has done all that it does.
      queueMicrotask(() => wasPaused.push(handover.link.stream.isPaused()));
      return served;
    },
    forget: (holder) => engine.forget(holder),
    close: () => engine.close(),
  };
  const peer = new OpenGate(watched).connect({}, { behind: pings(SLICE_STEPS + 1) });
  await answered(peer, SLICE_STEPS + 1);
  expect(wasPaused).toEqual([true]);
  expect(peer.isPaused()).toBe(false);
});

it('reads on after a client that takes its answers, more than may wait, the moment they are sent', async () => {
  const peer = new OpenGate(newEngine()).connect({});
  await answered(peer, 0);
  // Less than is done in a turn, each; together their answers are more than may wait.
  for (const count of [400, 400]) peer.say(...pings(count));
  await answered(peer, 800);
});

it('ends no connection as silent that it does not read from, and one that is', async () => {
  let now = 0;
  const engine = newEngine({ now: () => now });
  const gate = new OpenGate(engine);
  const peer = gate.connect({ keepalive: 10 }, { buffer: 512 });
  await answered(peer, 0);
  peer.takeNothing();
  for (const count of [400, 400]) peer.say(...pings(count));
  await eventually(() => peer.isPaused(), { withinMs: 5_000, what: 'the connection unread' });
  engine.sweep();
  now += 20_000;
  engine.sweep();
  expect([gate.reasons, peer.destroyed]).toEqual([[], false]);
  peer.takeAll();
  await answered(peer, 800);
  peer.say(PING);
  await answered(peer, 801);
  now += 20_000;
  engine.sweep();
  expect(gate.reasons).toEqual(['nothing was heard for one and a half times its keep-alive']);
});
