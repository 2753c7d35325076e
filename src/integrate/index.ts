import { caddy } from './caddy.js';
import { docker } from './docker.js';
import { envoy } from './envoy.js';
import { haproxy } from './haproxy.js';
import type { Integration } from './integration.js';
import { nginx } from './nginx.js';
import { systemd } from './systemd.js';
import { traefik } from './traefik.js';

/** Everything that keywright knows to stand beside. */
export const INTEGRATIONS: readonly Integration[] = [nginx, caddy, traefik, envoy, haproxy, systemd, docker];
