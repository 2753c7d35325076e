import { integer, list, object, optional, text, time } from '../../core/model/fields.js';
import type { RawRecords } from './kinds.js';

// Format 1 kept certificates in their clients, withdrawn access tokens among the sessions, and the last uses of many
// API keys in one record. It knew neither revisions nor issuers.

type Records = Record<string, unknown>;

/**
 * Reads the records of a file of format 1 as format 2 keeps them.
 * @throws KeywrightError `store-corrupt` that names the field
 */
export function upgradeFormat1(directory: string, records: Records): RawRecords {
  switch (directory) {
    case 'clients':
      return upgradeClients(records);
    case 'users':
      return { user: records };
    case 'emails':
      return { email: mapRecords(records, (id, record) => ({ id, userId: record.userId })) };
    case 'sessions':
      return upgradeSessions(records);
    case 'signing-keys':
      return { 'signing-keys': mapRecords(records, (id, record) => ({ ...record, id })) };
    case 'provisioning-keys':
      return { 'provisioning-key': records };
    case 'uses':
      return { use: upgradeUses(records) };
    default:
      return {};
  }
}

function upgradeClients(records: Records): RawRecords {
  const [client, certificate]: [Records, Records] = [Object.create(null), Object.create(null)];
  for (const [id, value] of Object.entries(records)) {
    const { retired, ...record } = object(value, 'client');
    const credentials = list(record, 'credentials').map((each) => object(each, 'credential'));
    for (const each of credentials.filter(({ kind }) => kind === 'certificate')) {
      const kept = liveCertificate(id, each);
      certificate[kept.id] = kept;
    }
    for (const each of list({ retired }, 'retired')) {
      const kept = withdrawnCertificate(id, object(each, 'retired'), optional(time, record, 'deletedAt'));
      certificate[kept.id] = kept;
    }
    client[id] = { ...record, credentials: credentials.filter(({ kind }) => kind !== 'certificate') };
  }
  return { client, certificate };
}

function liveCertificate(clientId: string, credential: Records) {
  const { algorithm, publicKey, notBefore, notAfter } = credential;
  return {
    id: text(credential, 'serial'),
    holder: { kind: 'client', id: clientId },
    issuer: null,
    fingerprint: text(credential, 'id'),
    key: { algorithm, publicKey },
    notBefore,
    notAfter,
    withdrawn: null,
  };
}

function withdrawnCertificate(clientId: string, retired: Records, deletedAt: number | null) {
  const [at, notAfter] = [time(retired, 'retiredAt'), time(retired, 'notAfter')];
  return {
    id: text(retired, 'serial'),
    holder: { kind: 'client', id: clientId },
    issuer: null,
    fingerprint: null,
    key: null,
    notBefore: 0,
    notAfter,
    withdrawn: { at, reason: at === deletedAt ? 'deleted' : 'replaced' },
  };
}

function upgradeSessions(records: Records): RawRecords {
  const [session, withdrawn]: [Records, Records] = [Object.create(null), Object.create(null)];
  for (const [id, value] of Object.entries(records)) {
    const record = object(value, 'session');
    if (record.userId !== null) session[id] = record;
    else withdrawn[id] = { id, withdrawnAt: record.createdAt, expiresAt: integer(record, 'expiresAt') };
  }
  return { session, 'withdrawn-token': withdrawn };
}

function upgradeUses(records: Records): Records {
  const uses: Records = Object.create(null);
  for (const value of Object.values(records)) {
    for (const [id, use] of Object.entries(object(value, 'uses'))) uses[id] = { ...object(use, id), id };
  }
  return uses;
}

function mapRecords(records: Records, change: (id: string, record: Records) => unknown): Records {
  const changed: Records = Object.create(null);
  for (const [id, record] of Object.entries(records)) changed[id] = change(id, object(record, 'record'));
  return changed;
}
