import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { browserOpener, openBrowser } from '../cli/open-browser.js';
import { offerFirstVisit, runningConsole } from '../home/running-console.js';

export default class Console extends BaseCommand {
  static override summary = 'Open the web console of the running server.';
  static override description =
    `It prints the address and, on a terminal of a machine with a display, opens it in the browser. While there are no users it
prints a link with which the first one, an admin, is made: it works once, for 15 minutes, and only the newest one does. The
browser is opened without the link, which other users of the machine could read: paste it there, or follow it.`;
  static override examples = ['<%= config.bin %> console', '<%= config.bin %> console --print'];
  static override flags = {
    print: Flags.boolean({ description: 'only print the address' }),
  };

  async run() {
    const { flags } = await this.parse(Console);
    const home = await this.openHome(flags.home);
    const console = await runningConsole(home);
    const { url } = console;
    const { isNeeded, link } = await offerFirstVisit(home, console);
    this.log(link ?? url);
    if (link !== null) this.notice('make the first user by this link, within 15 minutes; it works once');
    else if (isNeeded) this.notice(NOT_HERE);
    const opener =
      flags.print || this.jsonEnabled() || !process.stdout.isTTY
        ? undefined
        : browserOpener({ platform: process.platform, environment: process.env });
    if (opener !== undefined && !(await openBrowser(opener, link === null ? url : `${url}first`)))
      this.notice(`could not start ${opener}: open the address in a browser`);
    return { url, firstVisit: link };
  }
}

const NOT_HERE =
  'there are no users, and a browser can make the first one on the machine of the server only: use keywright user add NAME --role admin';
