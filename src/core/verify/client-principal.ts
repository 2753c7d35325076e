import type { HeldCertificate } from '../model/certificate.js';
import {
  type ApiKeyCredential,
  apiKeysOf,
  type Client,
  type PasswordCredential,
  passwordOf,
} from '../model/client.js';
import type { Principal, UsedCredential } from '../model/principal.js';
import { narrowScopes } from '../model/scope.js';
import { termsOf } from '../model/terms.js';
import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { Registry } from './registry.js';

/** A credential whose secret was proved: who is accepted by it, unless it is revoked. */
export interface Proof {
  readonly principal: Principal;
  readonly revokedAt: Timestamp | null;
  /** The time at which somebody switched it off, until somebody switches it on again. */
  readonly suspendedAt: Timestamp | null;
}

/** One of a client's own credentials, by what a principal says that it used. */
export type OwnCredential = Exclude<UsedCredential, { kind: 'access-token' | 'session-cookie' }>;

/** A credential by kind and id, with the record that it holds by: a signed token holds with the certificate whose key signed it. */
type CredentialRecord =
  | { readonly kind: 'certificate' | 'signed-token'; readonly id: string; readonly record: HeldCertificate }
  | { readonly kind: 'api-key'; readonly id: string; readonly record: ApiKeyCredential }
  | { readonly kind: 'password'; readonly id: string; readonly record: PasswordCredential };

/** A credential that was proved to be its client's. */
export type ProvedCredential = CredentialRecord & { readonly client: Client };

interface KnownProof {
  readonly client: Client;
  readonly owner: User | undefined;
  readonly proof: Proof;
}

// A changed record is another object, so that what was derived from it goes with it. By kind: one certificate has two uses.
const known: Record<OwnCredential['kind'], WeakMap<CredentialRecord['record'], KnownProof>> = {
  certificate: new WeakMap(),
  'signed-token': new WeakMap(),
  'api-key': new WeakMap(),
  password: new WeakMap(),
};

/** The principal of a client's credential with its owner: the same object until one of the three records changes. */
export function proofOf(proved: ProvedCredential, registry: Registry): Proof {
  const { client, kind, id, record } = proved;
  const owner = client.owner === null ? undefined : registry.userById(client.owner);
  const found = known[kind].get(record);
  if (found !== undefined && found.client === client && found.owner === owner) {
    if (found.proof.principal.credential.id === id) return found.proof;
  }
  const proof = derive(proved, owner);
  known[kind].set(record, { client, owner, proof });
  return proof;
}

/** Finds one of a client's credentials; undefined if it has gone. */
export function findCredential(
  client: Client,
  { kind, id }: OwnCredential,
  registry: Registry,
): ProvedCredential | undefined {
  if (kind === 'api-key') {
    const record = apiKeysOf(client).find((key) => key.id === id);
    return record && { client, kind, id, record };
  }
  if (kind === 'password') {
    const record = passwordOf(client);
    return record?.alone && record.id === id ? { client, kind, id, record } : undefined;
  }
  // A signed token that the client minted itself goes by its certificate's fingerprint.
  const issued = kind === 'certificate' ? undefined : client.credentials.find((each) => each.id === id);
  const fingerprint = issued?.kind === 'signed-token' ? issued.certificateId : id;
  const record = registry.certificatesOf(client.id).held.find((each) => each.fingerprint === fingerprint);
  return record && { client, kind, id, record };
}

function derive(proved: ProvedCredential, ownerNow: User | undefined): Proof {
  const { client, kind, id } = proved;
  const terms = termsOf({ client, owner: ownerNow }, proved.record);
  const { label, scopes } = ownWorth(proved);
  // A user who was made later than the client was handed over is another one of the same name.
  const owner = ownerNow && ownerNow.createdAt <= client.updatedAt ? ownerNow : undefined;
  return {
    revokedAt: terms.revokedAt,
    suspendedAt: terms.suspendedAt,
    principal: {
      kind: 'client',
      id: client.id,
      label: label ?? client.label,
      owner: client.owner,
      groups: [],
      domains: domainsOf(client, owner),
      // A client of somebody's never does more than they may.
      scopes: owner ? narrowScopes(owner.scopes, scopes) : scopes,
      credential: { kind, id },
      notBefore: terms.notBefore,
      expiresAt: terms.expiresAt,
    },
  };
}

function domainsOf({ domain }: Client, owner: User | undefined): readonly string[] {
  if (domain === null) return owner?.domains ?? [];
  const isWithin = owner === undefined || owner.domains.includes('*') || owner.domains.includes(domain);
  return isWithin ? [domain] : [];
}

/** The name and the scopes that a credential has by itself: an API key has its own, any other has its client's. */
function ownWorth({ client, kind, record }: ProvedCredential): Pick<Principal, 'label' | 'scopes'> {
  return kind === 'api-key' ? record : { label: null, scopes: client.scopes };
}
