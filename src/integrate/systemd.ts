import { KeywrightError } from '../core/model/errors.js';
import { fill } from './fill.js';
import type { Integration } from './integration.js';
import template from './templates/systemd.conf';

/** systemd runs the server. */
export const systemd: Integration = {
  name: 'systemd',
  summary: 'systemd runs keywright serve',
  configuration: (installation) => {
    const { program, home } = installation;
    for (const path of [...program, home]) requirePlain(path);
    const text = fill(template, installation, { program: program.join(' ') });
    return [{ name: 'keywright.service', text }];
  },
};

// Units have their own quoting, specifiers and variables, which differ from setting to setting.
function requirePlain(path: string): void {
  if (/^[A-Za-z0-9/._+@-]+$/.test(path)) return;
  throw new KeywrightError(
    'invalid-input',
    `the path ${JSON.stringify(path)} cannot stand in a unit as it is`,
    {
      hint: 'use a home, and a place for the program, of letters, digits, "/", ".", "_", "+", "@" and "-"',
    },
  );
}
