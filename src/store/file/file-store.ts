import { join } from 'node:path';
import { parseClient } from '../../core/model/client.js';
import { parseUseRecord } from '../../core/model/last-use.js';
import { parseProvisioningKey } from '../../core/model/provisioning-key.js';
import { parseSession } from '../../core/model/session.js';
import { parseSigningKeyRing } from '../../core/model/signing-key.js';
import { parseEmailClaim, parseUser } from '../../core/model/user.js';
import type { KeyStore } from '../../core/ports/key-store.js';
import { prepareHome } from '../../disk/home.js';
import { FileCollection } from './collection.js';

/** The keystore in the files of a home. Nothing is made before the first change. */
export function openFileStore(home: string): KeyStore {
  const collection = <T>(name: string, parse: (value: unknown) => T) =>
    new FileCollection<T>({ directory: join(home, 'store', name), parse, prepare: () => prepareHome(home) });
  return {
    clients: collection('clients', parseClient),
    users: collection('users', parseUser),
    sessions: collection('sessions', parseSession),
    signingKeys: collection('signing-keys', parseSigningKeyRing),
    uses: collection('uses', parseUseRecord),
    emails: collection('emails', parseEmailClaim),
    provisioningKeys: collection('provisioning-keys', parseProvisioningKey),
  };
}
