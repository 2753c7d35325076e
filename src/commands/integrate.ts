import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { callbackSecret, installation } from '../cli/installation.js';
import { withProbe } from '../cli/probe.js';
import { table } from '../cli/table.js';
import { writeConfiguration } from '../cli/write-configuration.js';
import { KeywrightError } from '../core/model/errors.js';
import { INTEGRATIONS } from '../integrate/index.js';
import type { Integration } from '../integrate/integration.js';
import { type Outcome, replay } from '../integrate/replay.js';

const NOT_OWN_ADDRESS: Outcome = {
  says: "this is keywright's own address",
  holds: false,
  problem:
    "something else answers there; name the address that keywright serve listens on, not the gateway's",
};

const NAMES = INTEGRATIONS.map(({ name }) => name);
const LONGEST = Math.max(...NAMES.map(({ length }) => length));

export default class Integrate extends BaseCommand {
  static override summary = 'Print a working configuration for what stands beside keywright.';
  static override description =
    `It has the addresses and files of this home. --test asks a running keywright everything that such a gateway or broker
asks, with a key that is made for the test and removed again. It tells what holds, and exits with 1 if something does not.

${INTEGRATIONS.map(({ name, summary }) => `  ${name.padEnd(LONGEST)}  ${summary}`).join('\n')}`;
  static override examples = [
    '<%= config.bin %> integrate nginx > /etc/nginx/conf.d/keywright.conf',
    '<%= config.bin %> integrate haproxy --output ./haproxy',
    '<%= config.bin %> integrate nginx --test http://127.0.0.1:5654',
  ];
  static override args = {
    name: Args.string({ required: true, ignoreStdin: true, description: NAMES.join(', ') }),
  };

  static override flags = {
    output: Flags.string({
      helpValue: 'DIR',
      description: 'write the files into this directory, and replace none',
    }),
    test: Flags.string({
      helpValue: 'URL',
      exclusive: ['output'],
      description: "ask keywright at its own address, not the gateway's",
    }),
  };

  async run() {
    const { args, flags } = await this.parse(Integrate);
    const chosen = named(args.name);
    if (flags.test !== undefined) return this.test(chosen, flags.test, flags.home);
    const options = this.options(flags.home);
    const files = chosen.configuration(await installation(options));
    if (flags.output !== undefined)
      return {
        files: await writeConfiguration(files, {
          directory: flags.output,
          secret: await callbackSecret(options),
          onWritten: (path) => this.log(`Save ${path}`),
        }),
      };
    for (const { name, text } of files)
      this.log(files.length > 1 ? `##### ${name}\n${text}` : text.trimEnd());
    return { files };
  }

  private options(home: string | undefined) {
    const { version } = this.config;
    return { home: this.homeDirectory(home), environment: process.env, version };
  }

  private async test({ name, contract }: Integration, url: string, directory: string | undefined) {
    if (contract === undefined)
      throw new KeywrightError('invalid-input', `${name} asks keywright nothing: there is nothing to test`);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new KeywrightError(
        'invalid-input',
        `--test ${JSON.stringify(url)} is not a URL like http://127.0.0.1:5654`,
      );
    const home = await this.openHome(directory);
    const secret = await callbackSecret(this.options(directory));
    const outcomes = await withProbe({ home, url, secret }, async (probe, isOwnAddress) => [
      ...(isOwnAddress ? [] : [NOT_OWN_ADDRESS]),
      ...(await replay(url, contract(probe))),
    ]);
    const failed = outcomes.filter(({ holds }) => !holds).length;
    this.log(
      table<Outcome>(
        [
          { head: name, of: ({ says }) => says },
          { head: 'holds', of: ({ holds, problem }) => (holds ? 'yes' : `NO: ${problem}`) },
        ],
        outcomes,
      ).text,
    );
    if (failed > 0) process.exitCode = 1;
    if (!this.jsonEnabled())
      this.notice(
        failed === 0 ? `all ${outcomes.length} hold` : `${failed} of ${outcomes.length} do not hold`,
      );
    return { url, holds: failed === 0, steps: outcomes };
  }
}

function named(name: string): Integration {
  const found = INTEGRATIONS.find((each) => each.name === name.toLowerCase());
  if (found) return found;
  throw new KeywrightError('invalid-input', `there is no integration ${JSON.stringify(name)}`, {
    hint: `there are ${NAMES.join(', ')}`,
  });
}
