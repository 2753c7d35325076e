import { fill } from './fill.js';
import type { Integration } from './integration.js';
import compose from './templates/compose.conf';
import dockerfile from './templates/dockerfile.conf';

/** Docker runs the server. */
export const docker: Integration = {
  name: 'docker',
  summary: 'Docker runs keywright serve, the home in a volume',
  configuration: (installation) => [
    { name: 'Dockerfile', text: fill(dockerfile, installation) },
    { name: 'compose.yaml', text: fill(compose, installation) },
  ],
};
