import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { asNobodyKnown, installedCopy, NOBODY_KNOWN } from '../support/installed.js';

it.each(['development', 'test'])(
  'starts without a word about typescript where NODE_ENV is %s',
  async (name) => {
    const { directory, program } = await installedCopy();
    const run = await execa(process.execPath, [program, 'key', 'list'], {
      env: { KEYWRIGHT_HOME: join(directory, 'home'), NODE_ENV: name },
    });
    expect([run.stdout, run.stderr]).toEqual(['', 'keywright: no clients yet']);
  },
);

it('does not tell of success where a command waits for something that nothing will bring', async () => {
  const { directory, program } = await installedCopy();
  const bundle = '(function (module) { module.exports = { main: () => new Promise(() => {}) }; })';
  await writeFile(join(directory, 'dist/main.cjs'), `/*hash key:list*/${bundle}`);
  const run = await execa(process.execPath, [program, 'key', 'list'], { reject: false });
  expect(run.exitCode).toBe(13);
});

describe.runIf(process.getuid?.() === 0)('a user whom the system does not know', () => {
  async function place() {
    const { directory, program } = await installedCopy();
    const own = join(directory, 'own');
    await mkdir(own);
    await chown(own, NOBODY_KNOWN.uid, NOBODY_KNOWN.gid);
    const keywright = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const run = await asNobodyKnown([process.execPath, program, ...args], env, { cwd: own });
      return { exitCode: run.exitCode, stdout: run.stdout, stderr: run.stderr };
    };
    return { directory, own, keywright };
  }

  it('can use every command, with a directory of the user or without, and is named by number in the audit log', async () => {
    const { own, keywright } = await place();
    const KEYWRIGHT_HOME = join(own, 'home');
    expect(await keywright(['--version'], { KEYWRIGHT_HOME })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await keywright(['nothing'], { KEYWRIGHT_HOME, HOME: '' })).toMatchObject({ exitCode: 2 });
    expect(await keywright(['key', 'gen', 'app'], { KEYWRIGHT_HOME, HOME: '/' })).toMatchObject({
      exitCode: 0,
    });
    const { stdout } = await keywright(['audit', 'list', '--json'], { KEYWRIGHT_HOME });
    expect(stdout).toContain(`uid ${NOBODY_KNOWN.uid}`);
  });

  it('is told what to set where nothing says where the home is', async () => {
    const { own, keywright } = await place();
    for (const HOME of [undefined, 'relative'])
      expect(await keywright(['key', 'list'], HOME === undefined ? {} : { HOME })).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `keywright: nothing says where the home is, and the user has no directory
  name it with --home or KEYWRIGHT_HOME, or set HOME`,
      });
    expect(await keywright(['key', 'gen', 'app'], { HOME: '/' })).toMatchObject({
      exitCode: 1,
      stderr: `keywright: cannot make the home /.local/share/keywright: permission denied
  name another with --home or KEYWRIGHT_HOME`,
    });
    await expect(stat(join(own, 'relative'))).rejects.toThrow();
  });

  it('may keep its home in a volume of its group once a setting names that group', async () => {
    const { directory, keywright } = await place();
    const volume = join(directory, 'volume');
    await mkdir(volume);
    await chown(volume, 0, NOBODY_KNOWN.gid);
    await chmod(volume, 0o2770);
    const env = { KEYWRIGHT_HOME: volume };
    const group = { KEYWRIGHT_HOME_GROUP: String(NOBODY_KNOWN.gid) };
    expect(await keywright(['key', 'gen', 'app'], env)).toMatchObject({
      exitCode: 1,
      stderr: `keywright: the home ${volume} belongs to another user (uid 0)
  if it is a volume for this user's group ${NOBODY_KNOWN.gid} (a Kubernetes fsGroup), say so with KEYWRIGHT_HOME_GROUP=${NOBODY_KNOWN.gid}`,
    });
    for (const other of ['0', 'keywright'])
      expect(
        await keywright(['key', 'gen', 'app'], { ...env, KEYWRIGHT_HOME_GROUP: other }),
      ).not.toMatchObject({ exitCode: 0 });
    expect(await keywright(['key', 'gen', 'app'], { ...env, ...group })).toMatchObject({ exitCode: 0 });
    expect((await stat(join(volume, 'ca/key.pem'))).mode & 0o777).toBe(0o600);

    // As the host hands it over again: everything is its group's.
    await chmod(join(volume, 'ca/key.pem'), 0o660);
    expect(await keywright(['key', 'gen', 'app-2'], { ...env, ...group })).toMatchObject({ exitCode: 0 });

    await chmod(volume, 0o2777);
    expect(await keywright(['key', 'list'], { ...env, ...group })).toMatchObject({ exitCode: 1 });
  });
});
