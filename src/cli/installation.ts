import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installation } from '../integrate/integration.js';
import { openSettings, type ServeSettings } from '../settings/read.js';
import { callbackSecretOf } from '../settings/secret-files.js';
import type { SettingSources } from '../settings/sources.js';
import type { ListenAddress } from '../settings/values.js';

export interface InstallationOptions extends SettingSources {
  readonly version: string;
}

/** Reads the secret for call-backs; undefined if only this machine may call. */
export async function callbackSecret(sources: SettingSources): Promise<string | undefined> {
  return callbackSecretOf(await serveSettings(sources));
}

/** Describes this home's keywright by its settings, with its addresses for callers on this machine. */
export async function installation({ version, ...sources }: InstallationOptions): Promise<Installation> {
  const settings = await serveSettings(sources);
  const { home } = sources;
  const { http, mqtt } = settings;
  return {
    httpUrl: `${http.tls ? 'https' : 'http'}://${reachable(http)}`,
    mqttUrl: `${mqtt.tls ? 'mqtts' : 'mqtt'}://${reachable(mqtt)}`,
    caFile: join(home, 'ca', 'cert.pem'),
    home,
    callbackSecretFile:
      settings.callbackSecretFile ?? (settings.callbackSecret && 'KEYWRIGHT_CALLBACK_SECRET'),
    credentialHeaders: settings.credentialHeaders,
    program: [process.execPath, await realpath(process.argv[1] ?? '/')],
    version,
  };
}

async function serveSettings(sources: SettingSources): Promise<ServeSettings> {
  return (await openSettings(sources)).serve();
}

function reachable({ host, port }: ListenAddress): string {
  const one = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `${one.includes(':') ? `[${one}]` : one}:${port}`;
}
