import { caddy } from './caddy.js';
import { docker } from './docker.js';
import { emqx } from './emqx.js';
import { envoy } from './envoy.js';
import { haproxy } from './haproxy.js';
import type { Integration } from './integration.js';
import { mosquitto } from './mosquitto.js';
import { nginx } from './nginx.js';
import { rabbitmq } from './rabbitmq.js';
import { systemd } from './systemd.js';
import { traefik } from './traefik.js';
import { vernemq } from './vernemq.js';

/** All gateways, brokers and supervisors that keywright has a configuration for. */
export const INTEGRATIONS: readonly Integration[] = [
  ...[nginx, caddy, traefik, envoy, haproxy],
  ...[mosquitto, emqx, vernemq, rabbitmq],
  ...[systemd, docker],
];
