import type { Answer } from '../../api/types.js';

/** Where clients find this server: the host that the page came from, with the ports that it listens on. */
export function addressesOf(server: Answer<'get', '/api/v1/server'> | undefined): {
  readonly http: string;
  readonly mqttHost: string;
  readonly mqttPort: string;
} {
  const mqtt = /:(\d+)$/.exec(server?.listeners.mqtt ?? '')?.[1] ?? '5653';
  return { http: location.origin, mqttHost: location.hostname, mqttPort: mqtt };
}
