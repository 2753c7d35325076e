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
    const ports = [installation.httpUrl, installation.mqttUrl].map((url) => new URL(url).port);
    const text = fill(template, installation, {
      program: program.join(' '),
      capabilities: ports.some(isLow) ? 'CAP_NET_BIND_SERVICE' : '',
      shown: program.filter(isHidden).map(wholeOf).join(' '),
    });
    return [{ name: 'keywright.service', text }];
  },
};

// A URL leaves out the port that its scheme implies, which is one of the low ones. Port 0 is any free one.
function isLow(port: string): boolean {
  return port !== '0' && Number(port) < 1024;
}

/** Whether ProtectHome hides a path. */
function isHidden(path: string): boolean {
  return /^\/(home|root|run\/user)\//.test(path);
}

/** The node_modules that a program is in, with what it needs; else its package, as it is in a checkout; else the file. */
function wholeOf(path: string): string {
  return /^.*\/node_modules(?=\/)/.exec(path)?.[0] ?? /^.*(?=\/bin\/run\.js$)/.exec(path)?.[0] ?? path;
}

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
