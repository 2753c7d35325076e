import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../../support/at-end.js';
import { barriers, choose, downloaded, signIn, startBrowser, visit } from '../../support/browser.js';
import { addUser, ask, type Server, serve, workshop } from '../../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann');
  const [server, browser] = [await serve(shop), await startBrowser()];
  return { shop, server, browser };
}

const statusOf = async ({ http }: Server, bearer: string) => (await ask(http, { bearer })).status;

describe('the console in a browser', () => {
  const shared = sharedByTests(fixture);

  it('asks who it is, says when that is wrong, and opens what was asked for', async () => {
    const { server, browser } = shared();
    const { page, open } = await visit(browser, server, { user: null });
    await open('/keys?state=valid');
    expect(await barriers(page)).toEqual([]);
    await signIn(page, 'ann', 'not the password');
    await page.getByText('User or password is wrong.').waitFor();
    await signIn(page, 'ann');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    expect(page.url()).toBe(`${server.http}/console/keys?state=valid`);
  });

  it('generates a key whose files get in, and refuses it from the moment that it is deleted', async () => {
    const { shop, server, browser } = shared();
    const { page, open } = await visit(browser, server);
    await open('/keys');
    await page.getByRole('link', { name: 'Generate', exact: true }).click();
    await page.getByLabel('Client Id', { exact: true }).fill('myid');
    await page.getByText(new RegExp(`^Ends .*${new Date().getFullYear() + 3}`)).waitFor();
    await page.getByRole('button', { name: 'Generate', exact: true }).click();
    const saved = page.getByRole('button', { name: 'I have saved it' });
    await saved.waitFor();
    expect(await saved.isDisabled()).toBe(true);
    expect(await barriers(page)).toEqual([]);

    const zip = await downloaded(page.getByRole('button', { name: 'Download .zip' }));
    expect(zip.name).toBe('myid.zip');
    const directory = await mkdtemp(join(shop.directory, 'zip-'));
    await execa('python3', ['-c', UNZIP, directory], { input: zip.bytes });
    const [certificate, key, token, authority] = await Promise.all(
      ['myid_cert.pem', 'myid_key.pem', 'myid_token', 'server_cert.pem'].map((name) =>
        readFile(join(directory, name), 'utf8'),
      ),
    );
    const issued = new X509Certificate(certificate ?? '');
    expect(issued.verify(new X509Certificate(authority ?? '').publicKey)).toBe(true);
    expect(createPublicKey(key ?? '').equals(issued.publicKey)).toBe(true);
    const bearer = token?.trim() ?? '';
    expect(await statusOf(server, bearer)).toBe(200);
    const device = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
      ...{ clientId: 'myid', username: bearer, reconnectPeriod: 0 },
    });
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()));

    await saved.click();
    await page.getByRole('heading', { name: 'myid' }).waitFor();
    await page.getByText('MQTT from').waitFor();
    await choose(page, 'More actions for myid', 'Delete…');
    await page
      .getByRole('dialog')
      .getByText(/Used .* from 127\.0\.0\.1|Never used/)
      .waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('No keys yet').waitFor();
    expect(await statusOf(server, bearer)).toBe(401);
    await closed;
  });
});

const UNZIP =
  'import io, sys, zipfile; zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())).extractall(sys.argv[1])';
