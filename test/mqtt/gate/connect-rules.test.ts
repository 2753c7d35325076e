import { expect, it } from 'vitest';
import { eventually } from '../../support/keywright.js';
import { OpenGate } from '../../support/mqtt-gate.js';

const will = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 0 as const, retain: false });

// An engine that is asked for nothing.
const NONE = {
  handOver: () => {
    throw new Error('an engine saw it');
  },
  forget: async () => undefined,
  close: async () => undefined,
};

it.each([
  [
    { protocolVersion: 5, properties: { authenticationMethod: 'SCRAM-SHA-1' } },
    { reasonCode: 0x8c },
    'an authentication method that is not supported',
  ],
  [
    { protocolVersion: 5, will: will('$SYS/x') },
    { reasonCode: 0x87 },
    'no scope for the will’s topic $SYS/x',
  ],
  [{ protocolVersion: 4, will: will('$SYS/x') }, { returnCode: 5 }, 'no scope for the will’s topic $SYS/x'],
] as const)('refuses %j before an engine sees it', async (fields, answer, reason) => {
  const gate = new OpenGate(NONE);
  const peer = gate.connect(fields);
  await eventually(() => peer.got.length > 0, { withinMs: 3_000, what: 'the CONNACK' });
  expect(peer.got).toMatchObject([{ cmd: 'connack', ...answer }]);
  expect(gate.reasons).toEqual([reason.replace('’', "'")]);
});
