import { execa } from 'execa';
import { expect, it } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import { PROGRAM, registerKey, serve, workshop } from '../support/keywright.js';
import { OTHER_NODES, otherNode } from '../support/nodes.js';
import { exchange } from '../support/raw-http.js';

const shared = sharedByTests(async () => {
  const shop = await workshop();
  const { wrapped } = await registerKey(shop);
  return { ...shop, wrapped };
});

/** Requests on one connection, none of which waits for the answer to the one before. */
function requests(credential: string): string {
  const authorization = `Authorization: Bearer ${credential}\r\n`;
  return [
    `GET /x HTTP/1.1\r\nHost: h\r\n${authorization}\r\n`,
    `HEAD /x HTTP/1.1\r\nHost: h\r\n${authorization}\r\n`,
    `GET /verify HTTP/1.1\r\nHost: h\r\n${authorization}\r\n`,
    // Its body has a letter of three octets.
    `GET /api/v1/device/another-one/x HTTP/1.1\r\nHost: h\r\n${authorization}\r\n`,
    `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n${authorization}\r\nabc`,
    `GET /x HTTP/1.0\r\nConnection: keep-alive\r\n${authorization}\r\n`,
    `GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${authorization}\r\n`,
  ].join('');
}

/** The answers: each must be as long as it says, and end where the next one begins. @param octets a character each */
function answersIn(octets: string): { status: number; body: string }[] {
  const answers: { status: number; body: string }[] = [];
  let rest = octets;
  while (rest !== '') {
    const [head = '', ...others] = rest.split('\r\n\r\n');
    const length = answers.length === 1 ? 0 : Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
    const behind = others.join('\r\n\r\n');
    answers.push({
      status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]),
      body: Buffer.from(behind.slice(0, length), 'latin1').toString(),
    });
    rest = behind.slice(length);
  }
  return answers;
}

function expectWhole(octets: string): void {
  const answers = answersIn(octets);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 403, 200, 200, 200]);
  const bodies = answers.map(({ body }) => (body === '' ? '' : JSON.parse(body)));
  expect(bodies.map(({ reason }) => reason)).toEqual([
    ...['success', undefined, undefined, 'wrong-path'],
    ...['success', 'success', 'success'],
  ]);
  expect(bodies[3].detail).toContain('another client’s');
}

it('every answer is whole, whatever it answers and however it goes', async () => {
  const { wrapped } = shared();
  const plain = await serve(shared());
  expectWhole(await exchange(plain, requests(wrapped)));
});

it('over TLS as well', async () => {
  const { wrapped } = shared();
  const { http } = await serve(shared(), ['--http', 'https://127.0.0.1:0']);
  const { stdout } = await execa('openssl', ['s_client', '-quiet', '-connect', new URL(http).host], {
    input: requests(wrapped),
    encoding: 'latin1',
    stderr: 'ignore',
  });
  expectWhole(stdout);
});

for (const version of OTHER_NODES)
  it(`on Node ${version} as well`, async ({ skip }) => {
    const { wrapped, home } = shared();
    const node = await otherNode(version).catch(({ message }) =>
      skip(`there is no such Node here: ${message}`),
    );
    const ports = ['--http', 'tcp://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0'];
    const server = execa(node, [PROGRAM, 'serve', '--json', '--home', home, ...ports], { reject: false });
    try {
      const line = await new Promise((resolve) => server.stdout.once('data', resolve));
      const { http } = JSON.parse(String(line));
      expectWhole(await exchange({ http: http.replace('tcp:', 'http:') }, requests(wrapped)));
    } finally {
      server.kill();
      await server;
    }
  });
