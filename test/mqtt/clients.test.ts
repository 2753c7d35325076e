import { execa } from 'execa';
import { connect, connectAsync } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, registerKey, serve, workshop } from '../support/keywright.js';

// Three families of clients that have nothing to do with each other, in each version that they speak.

async function fixture() {
  const shop = await workshop();
  const { apiKey } = await registerKey(shop);
  return { server: await serve(shop), apiKey };
}

describe.each(['mqttv31', 'mqttv311', 'mqttv5'])('mosquitto_pub and mosquitto_sub with -V %s', (version) => {
  it.each(['0', '1', '2'])('pass messages on at QoS %s, retained ones and wills too', async (qos) => {
    const { server, apiKey } = await fixture();
    const common = [
      '-h',
      '127.0.0.1',
      '-p',
      `${server.mqttPort}`,
      '-V',
      version,
      '-u',
      'any',
      '-P',
      apiKey,
      '-q',
      qos,
    ];
    await execa('mosquitto_pub', [...common, '-i', 'p', '-t', 'in/kept', '-m', 'kept', '-r']);
    const listening = execa('mosquitto_sub', [
      ...common,
      '-i',
      's',
      '-t',
      'in/#',
      '-F',
      '%t %p %q',
      '-C',
      '3',
      '-W',
      '20',
    ]);
    let heard = '';
    listening.stdout?.on('data', (chunk) => {
      heard += chunk;
    });
    await eventually(() => heard.includes('in/kept'), { withinMs: 8_000, what: 'what was retained' });
    await execa('mosquitto_pub', [...common, '-i', 'p', '-t', 'in/1', '-m', 'hello']);
    const willed = ['--will-topic', 'in/gone', '--will-payload', 'gone', '--will-qos', qos];
    // What is retained tells that it has connected.
    const will = execa('mosquitto_sub', [...common, '-i', 'w', '-t', 'in/kept', ...willed], {
      reject: false,
    });
    let seen = '';
    will.stdout?.on('data', (chunk) => {
      seen += chunk;
    });
    await eventually(() => seen.includes('kept') && heard.includes('in/1'), {
      withinMs: 8_000,
      what: 'a will, and a message',
    });
    // It dies without a DISCONNECT.
    will.kill('SIGKILL');
    expect((await listening).stdout.split('\n')).toEqual([
      `in/kept kept ${qos}`,
      `in/1 hello ${qos}`,
      `in/gone gone ${qos}`,
    ]);
  });
});

describe('mqtt.js', () => {
  it.each([4, 5] as const)(
    'resumes its session in MQTT %i, over TCP and WebSocket',
    async (protocolVersion) => {
      const { server, apiKey } = await fixture();
      const options = {
        ...{
          protocolVersion,
          clientId: 'js',
          clean: false,
          username: 'any',
          password: apiKey,
          reconnectPeriod: 0,
        },
        ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 300 } }),
      };
      const tcp = `mqtt://127.0.0.1:${server.mqttPort}`;
      const first = await connectAsync(tcp, options);
      await first.subscribeAsync('news/#', { qos: 2 });
      await first.endAsync();
      const sender = await connectAsync(tcp, { ...options, clientId: 'sender' });
      for (const qos of [1, 2, 1] as const) await sender.publishAsync('news/1', `${qos}`, { qos });
      await sender.endAsync();
      // What waited comes with the CONNACK.
      const second = connect(`${server.http.replace('http', 'ws')}/mqtt`, options);
      onTestFinished(() => void second.end(true));
      const heard: string[] = [];
      second.on('message', (topic, payload, { qos }) => heard.push(`${topic} ${payload} ${qos}`));
      await eventually(() => heard.length === 3, { withinMs: 5_000, what: 'what waited' });
      // The library tells of a message of QoS 2 when that is released.
      expect(heard.toSorted()).toEqual(['news/1 1 1', 'news/1 1 1', 'news/1 2 2']);
    },
  );
});

const PAHO = `
import sys, paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes
port, version, key = int(sys.argv[1]), int(sys.argv[2]), sys.stdin.read()
heard = []
client = mqtt.Client(client_id='py', protocol=version)
client.username_pw_set('any', key)
def connected(c, *rest):
    print('connected', int(getattr(rest[2], 'value', rest[2])))
    c.subscribe([('py/#', 2)])
def subscribed(c, u, mid, *rest):
    for qos in (0, 1, 2):
        properties = None
        if version == 5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.UserProperty = ('unit', 'K')
        c.publish('py/%d' % qos, 'x' * 10000, qos=qos, properties=properties)
def message(c, u, m):
    heard.append('%s %d %d' % (m.topic, len(m.payload), m.qos))
    if len(heard) == 3:
        c.disconnect()
client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, message
client.connect('127.0.0.1', port)
client.loop_forever()
print('\\n'.join(sorted(heard)))
`;

describe('paho for Python', () => {
  it.each([3, 4, 5])('publishes and gets messages in protocol level %i', async (version) => {
    const { server, apiKey } = await fixture();
    // Debian's packages are Debian's Python's.
    const { stdout } = await execa('/usr/bin/python3', ['-c', PAHO, `${server.mqttPort}`, `${version}`], {
      input: apiKey,
      timeout: 20_000,
    });
    expect(stdout.split('\n')).toEqual(['connected 0', 'py/0 10000 0', 'py/1 10000 1', 'py/2 10000 2']);
  });
});
