import { userInfo } from 'node:os';
import { join } from 'node:path';
import { FileAuditLog } from './audit/file-log.js';
import type { AuthorityRequest } from './ca/authority.js';
import { keyedHash } from './core/api-key.js';
import type { Credential } from './core/client.js';
import { KeywrightError } from './core/errors.js';
import type { CertificateAuthority, Clock, KeyStore } from './core/ports.js';
import { formatTime } from './core/time.js';
import { checkHome, prepareHome } from './disk/home.js';
import { createSecret, readSecret } from './disk/secret-file.js';
import { openFileStore } from './store/file/file-store.js';

/** Everything a command works with, put together for one home. */
export interface App {
  readonly home: string;
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly audit: FileAuditLog;
  /** The CA, which the first call on a new home makes. @throws KeywrightError `ca-unusable` */
  authority(): Promise<CertificateAuthority>;
  /** The CA, if there is one. @throws KeywrightError `ca-unusable` */
  existingAuthority(): Promise<CertificateAuthority | undefined>;
  /**
   * The keyed hash by which API keys are kept; its key is made when first needed.
   * @throws KeywrightError `store-corrupt` where API keys are registered but the key is gone
   */
  secretHasher(): Promise<(secret: string) => string>;
  /** Makes the CA by choice. @throws KeywrightError `already-exists` */
  createAuthority(request: AuthorityRequest): Promise<CertificateAuthority>;
}

export interface AppOptions {
  readonly home: string;
  /** Gets what the user should know but did not ask for. */
  readonly notice: (text: string) => void;
  readonly clock?: Clock;
}

const systemClock: Clock = { now: () => Date.now() };

/** Opens a home, which need not exist yet. @throws KeywrightError `unsafe-home` */
export async function openApp({ home, notice, clock = systemClock }: AppOptions): Promise<App> {
  await checkHome(home);
  const keyStore = openFileStore(home);
  const audit = new FileAuditLog({ home, clock, who: userName() });
  const ca = () => import('./ca/authority.js');
  const existingAuthority = async () => (await ca()).readAuthority(home);

  const createAuthority = async (request: AuthorityRequest) => {
    const { draftAuthority, publishAuthority } = await ca();
    const draft = await draftAuthority(request, clock.now());
    return audit.record({ action: 'ca.init', target: 'ca' }, () => publishAuthority(home, draft));
  };

  const makeFirst = async () => {
    // Certificates without their CA are the remains of a home: a new CA would hide that, and would not know them.
    if (await anyCredential(keyStore, 'certificate')) {
      const other = await existingAuthority();
      if (other !== undefined) return other;
      throw new KeywrightError(
        'ca-unusable',
        `the home ${home} has certificates but no CA: ${home}/ca is missing`,
        {
          hint: 'put it back from a backup, or make a new one with: keywright ca init',
        },
      );
    }
    try {
      const made = await createAuthority((await ca()).DEFAULT_AUTHORITY);
      notice(`made a new CA in ${home}/ca, valid until ${formatTime(made.notAfter)}`);
      return made;
    } catch (error) {
      // Another process was first.
      if (error instanceof KeywrightError && error.code === 'already-exists') return existingAuthority();
      throw error;
    }
  };

  return {
    home,
    keyStore,
    clock,
    audit,
    existingAuthority,
    async authority() {
      const authority = (await existingAuthority()) ?? (await makeFirst());
      if (authority === undefined) throw new KeywrightError('ca-unusable', `the CA of ${home} went away`);
      return authority;
    },
    async secretHasher() {
      return keyedHash(await hashingKey(home, keyStore));
    },
    async createAuthority(request) {
      // Also names what is wrong with a CA that is there.
      await existingAuthority();
      return createAuthority(request);
    },
  };
}

async function hashingKey(home: string, keyStore: KeyStore): Promise<Buffer> {
  const path = join(home, 'hmac.key');
  const found = await readSecret(path);
  if (found !== undefined) return found;
  if (!(await anyCredential(keyStore, 'api-key'))) {
    await prepareHome(home);
    await createSecret(path);
  }
  // Another process may have made it meanwhile; otherwise it is lost, and a new one would recognise no API key.
  const key = await readSecret(path);
  if (key === undefined) {
    throw new KeywrightError('store-corrupt', `${path} is missing, without which no API key is recognised`, {
      hint: 'put it back from a backup',
    });
  }
  return key;
}

async function anyCredential(keyStore: KeyStore, wanted: Credential['kind']): Promise<boolean> {
  const clients = await keyStore.clients.list();
  return clients.some(({ credentials }) => credentials.some(({ kind }) => kind === wanted));
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not have a name.
    return `uid ${process.getuid?.()}`;
  }
}
