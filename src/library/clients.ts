import type { ClientWithCertificates } from '../core/manage/client-state.js';
import { requireClient, withCertificates } from '../core/manage/clients.js';
import { deleteClient } from '../core/manage/delete-client.js';
import { listClients } from '../core/manage/list-clients.js';
import type { Managing } from '../core/manage/management.js';
import { resumeClient, suspendClient } from '../core/manage/suspension.js';
import { clientView } from '../core/manage/views.js';
import type { Client as ClientRecord } from '../core/model/client.js';
import { parseClientId } from '../core/model/client-id.js';
import type { Moment } from '../core/model/time.js';
import { readObject, readOne, textOf } from './given.js';
import { LIST } from './list.js';
import type { Client, ClientCredential } from './types.js';

type CredentialView = ReturnType<typeof clientView>['credentials'][number];

/** Makes what a keystore does with whole clients. Arguments are checked, nothing is closed. */
export function clientMethods(management: Managing, moment: () => Promise<Moment>) {
  const { keyStore } = management;
  const idOf = (id: unknown) => readOne(id, 'id', textOf(parseClientId));
  const view = async (client: ClientRecord) =>
    clientOf(await withCertificates(keyStore, client), await moment());
  return {
    async list(filter: unknown = {}): Promise<Client[]> {
      const at = await moment();
      const looking = { ...management, clockToleranceMs: at.clockToleranceMs };
      const { items } = await listClients(looking, readObject(filter, 'the filter', LIST));
      return items.map((held) => clientOf(held, at));
    },
    find: async (id: unknown) => view(await requireClient(keyStore, idOf(id))),
    suspend: async (id: unknown) => view(await suspendClient(management, idOf(id))),
    resume: async (id: unknown) => view(await resumeClient(management, idOf(id))),
    delete: async (id: unknown) => void (await deleteClient(management, idOf(id))),
  };
}

function clientOf(held: ClientWithCertificates, moment: Moment): Client {
  const { id, status, label, owner, domain, scopes, ...view } = clientView(held, moment);
  return {
    ...{ id, status, label, owner, domain, scopes },
    createdAt: new Date(view.createdAt),
    expiresAt: dateOf(view.expiresAt),
    credentials: view.credentials.map(credentialOf),
  };
}

function credentialOf(credential: CredentialView): ClientCredential {
  const { kind, status } = credential;
  const times = { notBefore: dateOf(credential.notBefore), expiresAt: dateOf(credential.expiresAt) };
  return { kind, id: idOf(credential), status, ...times };
}

function idOf(credential: CredentialView): string | null {
  switch (credential.kind) {
    case 'certificate':
      return credential.serial;
    case 'signed-token':
      return credential.certificate;
    case 'api-key':
      return credential.id;
    case 'password':
      return null;
  }
}

function dateOf(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
