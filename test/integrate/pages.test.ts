import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PROGRAM, scratchDirectory, serve, workshop } from '../support/keywright.js';

const page = (name: string) =>
  readFile(fileURLToPath(new URL(`../../docs/brokers/${name}.md`, import.meta.url)), 'utf8');

/** The commands under a heading of a page. */
async function commandsOf(name: string, heading: string): Promise<string[]> {
  const [, section = ''] = (await page(name)).split(`\n## ${heading}\n`);
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
  return block.trimEnd().split('\n');
}

/** Runs a page's commands as they stand, where `keywright` and the broker are those of the test. */
async function shellWith(home: string, mqttPort: number) {
  const directory = await scratchDirectory();
  const bin = join(directory, 'bin');
  await execa('mkdir', [bin]);
  const tools = {
    keywright: `exec ${process.execPath} ${PROGRAM} "$@"`,
    mosquitto_pub: `exec $(PATH=\${PATH#*:} command -v mosquitto_pub) -h 127.0.0.1 -p ${mqttPort} "$@"`,
  };
  for (const [name, text] of Object.entries(tools)) {
    await writeFile(join(bin, name), `#!/bin/bash\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const env = { KEYWRIGHT_HOME: home, PATH: `${bin}:${process.env.PATH}` };
  return (script: string) => execa('bash', ['-c', script], { cwd: directory, env, reject: false });
}

describe('the check on the page of', () => {
  it.each(['mosquitto-go-auth', 'rabbitmq', 'emqx', 'vernemq'])('%s does what it says', async (name) => {
    const shop = await workshop();
    // Keywright's own listener lets in whom the broker's call-backs do.
    const { mqttPort } = await serve(shop);
    const run = await shellWith(shop.home, mqttPort);
    let before = 'set -o pipefail';
    const wrong: string[] = [];
    let checked = 0;
    for (const line of await commandsOf(name, 'Check')) {
      const [, said] = / {2,}# (.*)$/.exec(line) ?? [];
      if (said === undefined) before += `\n${line}`;
      else {
        const script = checked === 0 ? before : (before.split('\n').at(-1) ?? '');
        const { exitCode, stdout, stderr } = await run(`${script}\n${line}`);
        const isAccepted = exitCode === 0 && !stderr.includes('Not authorized');
        if (isAccepted !== (said === 'accepted')) wrong.push(`${line}: ${exitCode} ${stdout} ${stderr}`);
        checked += 1;
      }
    }
    expect([wrong, checked > 1]).toEqual([[], true]);
  });

  it('mosquitto-upstream makes passwords that Mosquitto reads', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'sensor-1']);
    const run = await shellWith(shop.home, 0);
    const commands = (await page('mosquitto-upstream')).match(
      /\(umask 077 && for id[\s\S]*?(?=echo 'password_file)/,
    )?.[0];
    const { exitCode, stdout } = await run(`set -e; echo secret > gate-password\n${commands}\ncat passwords`);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^sensor-1:\$7\$/m)]);
  });
});
