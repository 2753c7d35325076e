import { join } from 'node:path';
import type { Installation } from '../integrate/integration.js';
import { type GivenValues, type ListenAddress, serveSettings } from '../settings/read.js';
import { callbackSecretOf } from '../settings/secret-files.js';

export interface InstallationOptions {
  readonly home: string;
  readonly environment: GivenValues;
  readonly version: string;
}

/** What call-backs of this home present; undefined where only this machine may call. */
export async function callbackSecret({
  home,
  environment,
}: InstallationOptions): Promise<string | undefined> {
  return callbackSecretOf(await serveSettings({ flags: {}, environment, home }));
}

/** Where this home's keywright is, as its settings say: as what runs on the same machine reaches it. */
export async function installation({
  home,
  environment,
  version,
}: InstallationOptions): Promise<Installation> {
  const settings = await serveSettings({ flags: {}, environment, home });
  const { http, mqtt } = settings;
  return {
    httpUrl: `${http.tls ? 'https' : 'http'}://${reachable(http)}`,
    mqttUrl: `${mqtt.tls ? 'mqtts' : 'mqtt'}://${reachable(mqtt)}`,
    caFile: join(home, 'ca', 'cert.pem'),
    home,
    callbackSecretFile:
      settings.callbackSecretFile ?? (settings.callbackSecret && 'KEYWRIGHT_CALLBACK_SECRET'),
    program: [process.execPath, process.argv[1] ?? 'keywright'],
    version,
  };
}

function reachable({ host, port }: ListenAddress): string {
  const one = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `${one.includes(':') ? `[${one}]` : one}:${port}`;
}
