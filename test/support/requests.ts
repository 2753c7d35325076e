import { execa } from 'execa';
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished } from 'vitest';

/** What curl got. */
export interface Reply<Body = Record<string, unknown>> {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Body;
}

const CURL = `set -euo pipefail
curl() { command curl --silent --max-time 20 --write-out '%{stderr}%{http_code}%{header_json}' "$@"; }`;

/** Runs one curl command in a shell, as it stands in a guide; `env` fills in its variables. */
export async function curl<Body = Record<string, unknown>>(
  command: string,
  env: Record<string, string>,
): Promise<Reply<Body>> {
  const { stdout, stderr } = await execa('bash', ['-c', `${CURL}\n${command}`], { env, stdin: 'ignore' });
  const headers: Reply['headers'] = JSON.parse(stderr.slice(3));
  const type = headers['content-type']?.[0]?.split(';')[0] ?? '';
  return { status: Number(stderr.slice(0, 3)), type, headers, body: JSON.parse(stdout || 'null') };
}

/** What a refusal looks like, whoever asked. RFC 9457, with `retry`. */
export function refusal(status: number, reason: string, { retry = false } = {}) {
  return {
    status,
    type: 'application/problem+json',
    body: {
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      success: false,
      reason,
      retry,
    },
  };
}

/** Connects once, and tells the CONNACK's return code; the connection ends with the test. */
export function connectMqtt(
  url: string,
  options: IClientOptions,
): Promise<{ readonly returnCode: number; readonly client: MqttClient }> {
  const client = connect(url, { reconnectPeriod: 0, connectTimeout: 10_000, ...options });
  onTestFinished(() => client.endAsync(true));
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve({ returnCode: 0, client }));
    client.once('error', (error) => {
      if ('code' in error && typeof error.code === 'number') resolve({ returnCode: error.code, client });
      else reject(error);
    });
  });
}
