import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PROGRAM, scratchDirectory, serve, workshop } from '../support/keywright.js';

const page = (name: string, directory = 'docs/brokers') =>
  readFile(fileURLToPath(new URL(`../../${directory}/${name}.md`, import.meta.url)), 'utf8');

/** The commands under a heading of a page. */
async function commandsOf(name: string, heading: string, directory?: string): Promise<string[]> {
  const [, section = ''] = (await page(name, directory)).split(`\n## ${heading}\n`);
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

const DAY_MS = 86_400_000;

describe('the page on operating', () => {
  async function operated() {
    const shop = await workshop();
    await shop.keywright(['ca', 'init', '--valid-for', '20d']);
    await shop.keywright(['server-cert', '--output', 'former.crt']);
    for (const id of ['sensor-1', 'sensor-2']) await shop.keywright(['key', 'gen', id]);
    const run = await shellWith(shop.home, 0);
    return {
      shop,
      say: async (heading: string) =>
        run(`set -e\n${(await commandsOf('operating', heading, 'docs')).join('\n')}`),
      run,
    };
  }

  it('renews the CA, and those who trust its former certificate go on, with the certificates that they have', async () => {
    const { shop, say } = await operated();
    const { exitCode, stdout } = await say('Renewing the CA');
    const [, expires = ''] = /^expires +(.*)$/m.exec(stdout) ?? [];
    expect([exitCode, Date.parse(expires) > Date.now() + 3600 * DAY_MS]).toEqual([0, true]);
    const { http } = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    const curl = [
      '--fail',
      '--silent',
      '--cert',
      'sensor-1_cert.pem',
      '--key',
      'sensor-1_key.pem',
      '--cacert',
    ];
    for (const ca of ['former.crt', join(shop.home, 'ca', 'cert.pem')])
      expect(await execa('curl', [...curl, ca, http], { cwd: shop.directory, reject: false })).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('"clientId":"sensor-1"'),
      });
  });

  it('renews the certificates that end soon, and the former hold on', async () => {
    const { shop, say, run } = await operated();
    await shop.keywright(['register', 'token', '--client', 'sensor-2', '--expires', '5d']);
    await shop.keywright(['register', 'token', '--label', 'no certificate', '--expires', '5d']);
    const { exitCode, stderr } = await say('Renewing client certificates');
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('and its signed token work until')]);
    const { stdout } = await run('ls renewed');
    expect(stdout.split('\n')).toEqual(
      ['sensor-1', 'sensor-2'].flatMap((id) =>
        ['cert.pem', 'key.pem', 'token'].map((file) => `${id}_${file}`),
      ),
    );
    for (const token of ['sensor-1_token', 'sensor-2_token'])
      expect(await shop.keywright(['verify', '--token-file', token])).toMatchObject({ exitCode: 0 });
  });

  it('makes a backup that is a whole home', async () => {
    const { shop, say, run } = await operated();
    expect(await say('Backup and restore')).toMatchObject({ exitCode: 0 });
    await shop.keywright(['key', 'del', 'sensor-1', '--yes']);
    const restored = await run(
      'rm -r "$KEYWRIGHT_HOME" && install -d -m 0700 "$KEYWRIGHT_HOME" && tar -xpf backup.tar -C "$KEYWRIGHT_HOME"',
    );
    expect(restored).toMatchObject({ exitCode: 0 });
    expect(await shop.keywright(['audit', 'verify'])).toMatchObject({ exitCode: 0 });
    expect(await shop.keywright(['verify', '--token-file', 'sensor-1_token'])).toMatchObject({ exitCode: 0 });
  });
});
