import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  limitByName,
  limitName,
  MQTT_LIMITS,
  type MqttLimit,
  mqttLimits,
} from '../../../src/core/model/mqtt-limits.js';
import { MQTT_LIMIT } from '../../../src/settings/values.js';

const isLimit = (name: string): name is MqttLimit => name in MQTT_LIMITS;
const limits = Object.keys(MQTT_LIMITS).filter(isLimit);

it('has a line in the documentation for each bound, with its preset', async () => {
  const page = await readFile('docs/mqtt.md', 'utf8');
  const presets = mqttLimits();
  for (const limit of limits) {
    expect(page).toContain(`| \`${limitName(limit)}\` | ${presets[limit]} | ${MQTT_LIMITS[limit].what} |`);
  }
});

it.each(limits)('%s is taken from its least to its most, and no further', (limit) => {
  const { least, most } = MQTT_LIMITS[limit];
  const name = limitName(limit);
  expect(limitByName(name)).toBe(limit);
  for (const good of [least, most, mqttLimits()[limit]])
    expect(MQTT_LIMIT.read(`${name}=${good}`)).toEqual({ [limit]: good });
  for (const bad of [least - 1, most + 1, '', '1.5', '1e3', ' 1'])
    expect(() => MQTT_LIMIT.read(`${name}=${bad}`)).toThrow();
});

it('names no bound that there is not', () => {
  for (const text of ['', 'sessions', 'Sessions=1', 'queuedMessages=1', 'toString=1', 'sessions=1=2']) {
    expect(() => MQTT_LIMIT.read(text)).toThrow('a limit and a number');
  }
});
