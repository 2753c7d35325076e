import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/** Makes a home with a CA and that many clients in the store's own format; their keys are made up. */
export async function seedHome(home, clients) {
  const made = spawnSync(process.execPath, [PROGRAM, 'ca', 'init', '--home', home], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const now = Math.floor(Date.now() / 1000) * 1000;
  const notAfter = now + 3 * 365 * 86_400_000;
  const shards = new Map();
  for (let index = 0; index < clients; index += 1) {
    const id = `seeded-${index}`;
    const shard = createHash('sha256').update(id).digest('hex').slice(0, 2);
    const records = shards.get(shard) ?? { client: {}, certificate: {} };
    shards.set(shard, records);
    const certificate = seededCertificate({ id, notBefore: now, notAfter });
    records.certificate[certificate.id] = certificate;
    records.client[id] = seededClient({ id, notBefore: now, notAfter }, certificate);
  }
  if (clients === 0) return;
  const directory = join(home, 'store', 'clients');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'store-version'), '2\n', { mode: 0o600 });
  for (const [name, records] of shards) {
    writeFileSync(join(directory, `${name}.json`), JSON.stringify({ schema: 2, records }), { mode: 0o600 });
  }
}

function seededCertificate({ id, notBefore, notAfter }) {
  return {
    id: randomBytes(16).toString('hex'),
    revision: 1,
    holder: { kind: 'client', id },
    issuer: null,
    fingerprint: randomBytes(32).toString('hex'),
    key: { algorithm: 'ec-p256', publicKey: randomBytes(91).toString('base64') },
    notBefore,
    notAfter,
    withdrawn: null,
  };
}

function seededClient({ id, notBefore, notAfter }, { fingerprint }) {
  return {
    id,
    revision: 1,
    label: null,
    owner: null,
    domain: null,
    scopes: ['ingest'],
    notBefore,
    notAfter,
    revokedAt: null,
    createdAt: notBefore,
    updatedAt: notBefore,
    deletedAt: null,
    credentials: [{ kind: 'signed-token', id: randomBytes(32).toString('hex'), certificateId: fingerprint }],
  };
}
