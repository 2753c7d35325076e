import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  addUser,
  eventually,
  PASSWORD,
  PROGRAM,
  type RegisteredKey,
  registerKey,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { curl, refusal } from '../support/requests.js';

// The requests of Meerschaum's page on tokens as they stand there, with keywright's name and address.

const PIPES = 'curl -X GET $URL/pipes -H "Authorization: $API_KEY"';
const WITH_TOKEN = 'curl -X GET $URL/pipes -H "Authorization: Bearer $TOKEN"';
const TOKENS = 'curl $URL/api/v1/tokens -H "Authorization: Bearer $TOKEN"';
const SCOPES = { KEYWRIGHT_SCOPES: 'read:pipes,write:pipes' };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const DAY = 86_400_000;

/** A workshop with a user who owns clients. */
async function withUser(): Promise<Workshop> {
  const shop = await workshop();
  await addUser(shop, 'myuser');
  return shop;
}

const wrapped = (id: string, secret: string) =>
  `mrsm-key:${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** Posts a form to /login, or HTTP Basic credentials alone. */
const login = (URL: string, form: Record<string, string>, more = '') =>
  curl(`curl -X POST $URL/login -d "$FORM" ${more}`, { URL, FORM: new URLSearchParams(form).toString() });

async function signIn(URL: string, username: string): Promise<string> {
  return String((await login(URL, { username, password: PASSWORD })).body.access_token);
}

/** What a running server says to a key in a bare Authorization header. */
async function statusOf(URL: string, API_KEY: string, path = '/pipes'): Promise<number> {
  return (await curl(PIPES.replace('/pipes', path), { URL, API_KEY })).status;
}

describe('register token', () => {
  it('prints the client id, the client secret and the API key this once', async () => {
    const shop = await withUser();
    const { stdout, stderr, exitCode } = await shop.keywright([
      ...['register', 'token', '--label', 'my-iot-device', '--owner', 'myuser', '--expires', 'never'],
    ]);
    expect(exitCode).toBe(0);
    const printed = Object.fromEntries(stdout.split('\n').map((line) => line.split(/ {2,}/)));
    const { 'Client ID': id = '', 'Client Secret': secret = '' } = printed;
    expect(id).toMatch(UUID);
    expect(printed).toEqual({
      'Client ID': id,
      'Client Secret': expect.stringMatching(/^kw_live_[0-9A-Za-z]{38}$/),
      'API Key': secret,
      Wrapped: wrapped(id, secret).replace('mrsm-key:', 'kw-key:'),
    });
    expect(stderr).toMatch(/this is the only time that the secret is shown; \S+ expires never/);
    const listed = await shop.keywright(['token', 'list']);
    expect(listed.stdout).toMatch(/my-iot-device +│ myuser +│ .* │ ingest +│ never +│/);
    expect(listed.stdout).not.toContain(secret);
  });

  it('asks for the owner on a terminal', async () => {
    const { home, keywright } = await withUser();
    const terminal = execa(
      'script',
      ['-qec', `'${process.execPath}' '${PROGRAM}' register token`, '/dev/null'],
      {
        env: { KEYWRIGHT_HOME: home },
        reject: false,
      },
    );
    onTestFinished(() => void terminal.kill());
    let seen = '';
    terminal.stdout.on('data', (text) => {
      seen += text;
    });
    const answer = async (question: string, keys: string) => {
      await eventually(() => seen.includes(question), { withinMs: 10_000, what: question });
      terminal.stdin.write(keys);
    };
    const down = '\u001b[B';
    await answer('Owner:', `${down}\r`);
    await answer('Label:', 'my-iot-device\r');
    await answer('Expires', '\r');
    await answer('Scopes:', '\r');
    expect((await terminal).exitCode).toBe(0);
    expect(seen).toMatch(/Client ID +\S+\s+Client Secret +kw_live_/);
    const { stdout } = await keywright(['token', 'list', '--owner', 'myuser', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { label: 'my-iot-device', owner: 'myuser', scopes: ['ingest'] },
    ]);
  });
});

it('lets the API key in when it is the Authorization header, as printed or wrapped with its id', async () => {
  const shop = await withUser();
  const { clientId, apiKey } = await registerKey(shop, '--owner', 'myuser');
  const other = await registerKey(shop);
  const { http: URL } = await serve(shop);
  for (const API_KEY of [wrapped(clientId, apiKey), apiKey]) {
    expect(await curl(PIPES, { URL, API_KEY })).toMatchObject({
      status: 200,
      headers: { 'x-auth-client-id': [clientId] },
      body: { success: true, data: { clientId, owner: 'myuser', credential: 'api-key' } },
    });
  }
  for (const API_KEY of [
    wrapped(other.clientId, apiKey),
    wrapped(clientId, 'secret'),
    'mrsm-key:YTg1ZTI3NDEtZ...',
  ])
    expect(await curl(PIPES, { URL, API_KEY })).toMatchObject(refusal(401, 'invalid token'));
});

describe('POST /login', () => {
  it('takes name and password, or client id and secret, as a form or as HTTP Basic, and gives a bearer token for what is right', async () => {
    const shop = await withUser();
    const { clientId, clientSecret } = await registerKey(shop);
    const other = await registerKey(shop);
    const { http: URL } = await serve(shop);
    const answers: [Awaited<ReturnType<typeof login>>, string][] = [
      [await login(URL, { username: 'myuser', password: PASSWORD }), 'myuser'],
      [await login(URL, { client_id: clientId, client_secret: clientSecret }), clientId],
      [await login(URL, {}, `--user '${clientId}:${clientSecret}'`), clientId],
      [await login(URL, {}, `--user 'myuser:${PASSWORD}'`), 'myuser'],
    ];
    for (const [{ status, headers, body }, who] of answers) {
      expect([status, headers['cache-control']]).toEqual([200, ['no-store']]);
      expect(body).toEqual({
        access_token: expect.stringMatching(/^eyJ/),
        token_type: 'bearer',
        expires: expect.stringMatching(/Z$/),
        expires_in: 3600,
      });
      expect(Math.abs(Date.parse(String(body.expires)) - Date.now() - 3_600_000)).toBeLessThan(10_000);
      const { status: got, body: verdict } = await curl(WITH_TOKEN, {
        URL,
        TOKEN: String(body.access_token),
      });
      expect(got).toBe(200);
      expect(JSON.stringify(verdict)).toContain(`"${who === 'myuser' ? 'userId' : 'clientId'}":"${who}"`);
    }
    const wrong = [
      { username: 'myuser', password: 'something else' },
      { username: 'mrsm', password: PASSWORD },
      { client_id: clientId, client_secret: other.clientSecret },
    ];
    const reasons = ['invalid credentials', 'invalid credentials', 'invalid token'];
    for (const [index, form] of wrong.entries())
      expect(await login(URL, form)).toMatchObject(refusal(401, reasons[index] ?? ''));
    expect(await login(URL, { username: 'myuser' })).toMatchObject(refusal(401, 'missing credentials'));
    const json = await login(URL, {}, `-H 'Content-Type: application/json'`);
    expect(json).toMatchObject(refusal(415, 'unsupported media type'));
  });
});

it('edits label, expiration and scopes, which a running server goes by within a second', async () => {
  const shop = await workshop();
  const { id, apiKey, expiresAt } = await registerKey(shop, '--label', 'first');
  const { http: URL } = await serve(shop, [], SCOPES);
  const later = new Date(Date.parse(expiresAt) + 30 * DAY).toISOString().replace('.000Z', 'Z');
  const edit = (...flags: string[]) =>
    shop.keywright(['token', 'edit', id, '--json', ...flags], { env: SCOPES });
  const scopes = ['--scope', 'read:pipes', '--scope', 'write:pipes'];
  const edited = await edit('--label', 'second', '--expires', later, ...scopes);
  expect(JSON.parse(edited.stdout)).toMatchObject({
    ...{ id, label: 'second', expiresAt: later, scopes: ['read:pipes', 'write:pipes'], status: 'valid' },
  });
  await eventually(async () => (await statusOf(URL, apiKey, '/verify?scope=write:pipes')) === 200, {
    withinMs: 1000,
    what: 'the new scope',
  });
  expect(await statusOf(URL, apiKey, '/verify?scope=ingest')).toBe(403);
  expect((await curl(PIPES, { URL, API_KEY: apiKey })).headers['x-auth-expires']).toEqual([later]);
  expect(await edit('--scope', 'delete:pipes')).toMatchObject({ exitCode: 2 });
});

it.each([
  ['invalidated', ['token', 'invalidate'], [{ status: 'revoked' }]],
  ['deleted', ['token', 'delete', '--yes'], []],
])('stops a key that was %s, and the tokens it got, within a second', async (_, command, left) => {
  const shop = await workshop();
  const { id, clientId, apiKey } = await registerKey(shop);
  const { http: URL } = await serve(shop);
  const { body } = await login(URL, { client_id: clientId, client_secret: apiKey });
  const TOKEN = String(body.access_token);
  expect((await curl(WITH_TOKEN, { URL, TOKEN })).status).toBe(200);
  expect(await shop.keywright([...command, id])).toMatchObject({ exitCode: 0 });
  await eventually(
    async () =>
      (await statusOf(URL, apiKey)) === 401 && (await curl(WITH_TOKEN, { URL, TOKEN })).status === 401,
    { withinMs: 1000, what: 'the end of key and token' },
  );
  const again = await login(URL, { client_id: clientId, client_secret: apiKey });
  expect(again).toMatchObject(refusal(401, 'invalid token'));
  const listed: unknown = JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout);
  expect(listed).toHaveLength(left.length);
  expect(listed).toMatchObject(left);
});

it('shows users the tokens of their own, and admins all, also those of nobody', async () => {
  const shop = await withUser();
  await addUser(shop, 'boss', '--role', 'admin');
  const mine = await registerKey(shop, '--owner', 'myuser');
  const bosses = await registerKey(shop, '--owner', 'boss');
  const nobodys = await registerKey(shop);
  const listed = await shop.keywright(['token', 'list', '--owner', 'myuser', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id: mine.id, owner: 'myuser' }]);

  const { http: URL } = await serve(shop);
  const [member, admin] = [await signIn(URL, 'myuser'), await signIn(URL, 'boss')];
  const idsFor = async (TOKEN: string) =>
    (await curl<RegisteredKey[]>(TOKENS, { URL, TOKEN })).body.map(({ id }) => id).sort();
  expect(await idsFor(member)).toEqual([mine.id]);
  expect(await idsFor(admin)).toEqual([mine.id, bosses.id, nobodys.id].sort());
  const others = TOKENS.replace('/tokens', `/tokens/${nobodys.id}`);
  expect((await curl(others, { URL, TOKEN: member })).status).toBe(404);

  const register = `${TOKENS} -H "Content-Type: application/json" -d '{"label":"my-iot-device"}'`;
  const made = await curl(register, { URL, TOKEN: member });
  expect(made).toMatchObject({ status: 201, body: { owner: 'myuser', label: 'my-iot-device' } });
  expect(await idsFor(member)).toEqual([mine.id, String(made.body.id)].sort());
});
