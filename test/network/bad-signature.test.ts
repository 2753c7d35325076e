import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { serve, workshop } from '../support/keywright.js';
import { connectMqtt, curl } from '../support/requests.js';

const FORGE = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout fake.key -out fake.pem \\
  -subj "$(openssl x509 -in ca.pem -noout -subject -nameopt compat | sed 's/^subject=//')"
openssl req -new -key app_key.pem -subj /CN=app -out app.csr
printf 'subjectKeyIdentifier=none\\nauthorityKeyIdentifier=none\\n' > plain
openssl x509 -req -in app.csr -CA fake.pem -CAkey fake.key -days 9 -extfile plain -out forged.pem
openssl x509 -in app_cert.pem -outform der -out good.der`;

it('of a client certificate in the name of our CA is answered as any other credential that does not hold', async () => {
  const shop = await workshop();
  const { directory: cwd } = shop;
  await shop.keywright(['key', 'gen', 'app']);
  await shop.keywright(['server-cert', '--output', 'ca.pem']);
  await execa('bash', ['-euc', FORGE], { cwd });
  const changed = await readFile(join(cwd, 'good.der'));
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  await writeFile(join(cwd, 'changed.der'), changed);
  await execa('openssl', ['x509', '-inform', 'der', '-in', 'changed.der', '-out', 'changed.pem'], { cwd });

  const optional = ['--mqtt', 'mqtts://127.0.0.1:0', '--mqtt-client-certificate', 'optional'];
  const server = await serve(shop, ['--http', 'https://127.0.0.1:0', ...optional]);
  const key = await readFile(join(cwd, 'app_key.pem'));
  const ca = await readFile(join(cwd, 'ca.pem'));
  for (const file of ['forged.pem', 'changed.pem']) {
    for (const version of ['1.2', '1.3']) {
      const env = { URL: server.http, DIR: cwd, FILE: file, VERSION: version };
      const ask =
        'curl --tls-max $VERSION --cacert $DIR/ca.pem --cert $DIR/$FILE --key $DIR/app_key.pem $URL/x';
      expect([file, version, (await curl(ask, env)).status]).toEqual([file, version, 401]);
    }
    const cert = await readFile(join(cwd, file));
    const options = { ca, cert, key, clientId: 'app', servername: 'localhost' };
    const { returnCode } = await connectMqtt(`mqtts://127.0.0.1:${server.mqttPort}`, options);
    expect([file, returnCode]).toEqual([file, 5]);
  }
});
