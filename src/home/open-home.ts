import { userInfo } from 'node:os';
import { join } from 'node:path';
import { FileAuditLog } from '../audit/file-log.js';
import type { AuthorityRequest } from '../ca/authority.js';
import type { AuthorityKeys } from '../ca/read-authority.js';
import type { ServerLeaf } from '../ca/server-leaf.js';
import { registerServerCertificate } from '../core/manage/certificates.js';
import { ClientLicence } from '../core/manage/licence.js';
import { ensureSigningKeys } from '../core/manage/signing-keys.js';
import { keyedHash } from '../core/model/api-key.js';
import { KeywrightError } from '../core/model/errors.js';
import { parseScopes } from '../core/model/scope.js';
import type { Moment } from '../core/model/time.js';
import type {
  CertificateAuthority,
  ServerKeyAlgorithm,
  ServerName,
} from '../core/ports/certificate-authority.js';
import type { Clock } from '../core/ports/clock.js';
import type { FirstVisit } from '../core/ports/first-visit.js';
import type { KeyStore } from '../core/ports/key-store.js';
import type { PasswordHasher } from '../core/ports/password-hasher.js';
import type { UnitOfWork } from '../core/ports/unit-of-work.js';
import { checkHome, prepareHome } from '../disk/home.js';
import type { Asked } from '../disk/home-sockets.js';
import { withLock } from '../disk/lock.js';
import type { JwtSealer } from '../jwt/sealer.js';
import { homeGroup } from '../settings/home-directory.js';
import {
  type CommonSettings,
  openSettings,
  type ServeSettings,
  type SettingInForce,
  type Settings,
} from '../settings/read.js';
import type { SettingSources } from '../settings/sources.js';
import { FileStore } from '../store/file/file-store.js';
import { checkFormat } from '../store/file/format.js';
import { FileUnitOfWork } from '../store/file/unit-of-work.js';
import { firstAuthority } from './first-authority.js';
import { HomeFirstVisit } from './first-visit.js';
import { hashingKey } from './hashing-key.js';

/** All services that a command needs, for one home. */
export interface Home {
  readonly directory: string;
  readonly keyStore: KeyStore;
  /** The only way to change the key store. */
  readonly changes: UnitOfWork;
  readonly clock: Clock;
  /** The present moment. Settings that cannot be read grant no tolerance, and are no reason to see nothing. */
  moment(): Promise<Moment>;
  readonly audit: FileAuditLog;
  readonly firstVisit: FirstVisit;
  /** Answers a question of other processes of this home, while its keystore is followed. */
  answer(question: string, give: () => object): void;
  /** Asks the processes on this machine that follow the keystore. @throws KeywrightError `io` */
  ask(question: string): Promise<Asked[]>;
  /** The limit on the number of clients, by `LICENSE_PUBLIC_KEY` and `LICENSE_KEY`. */
  readonly licence: ClientLicence;
  /** Reads the settings for all commands. @throws KeywrightError `invalid-input` */
  settings(): Promise<CommonSettings>;
  /** Reads the settings of `serve`. @throws KeywrightError `invalid-input` */
  serveSettings(): Promise<ServeSettings>;
  /** Lists the settings of `serve` as they are, without secrets. @throws KeywrightError `invalid-input` */
  settingsInForce(): Promise<SettingInForce[]>;
  /** Checks scopes to grant. @throws KeywrightError `invalid-input` if one does not exist */
  parseScopes(scopes: readonly string[]): Promise<string[]>;
  /** Opens the CA. The first call on a new home makes it. @throws KeywrightError `ca-unusable` */
  authority(): Promise<CertificateAuthority>;
  /**
   * Returns the TLS server's certificate for these names. It makes or renews it if need be.
   * @throws KeywrightError `ca-unusable`
   */
  serverLeaf(names: readonly ServerName[], algorithm?: ServerKeyAlgorithm): Promise<ServerLeaf>;
  /** Reads the keys of the CA, for threads that sign as it does. @throws KeywrightError `ca-unusable` */
  authorityKeys(): Promise<AuthorityKeys>;
  /** Opens the CA, if there is one. @throws KeywrightError `ca-unusable` */
  existingAuthority(): Promise<CertificateAuthority | undefined>;
  /**
   * Returns the keyed hash of API keys. The first call makes its key.
   * @throws KeywrightError `store-corrupt` if API keys are registered but the key is gone
   */
  hashSecret(): Promise<(secret: string) => string>;
  passwords(): Promise<PasswordHasher>;
  /** Makes a maker and reader of access tokens. `configured` is true if it has its keys, from the environment. */
  tokenSealer(): Promise<{ readonly sealer: JwtSealer; readonly configured: boolean }>;
  /** Makes the first key for access tokens, unless keys come from the environment. */
  ensureSigningKeys(): Promise<void>;
  /** Makes a CA as the operator asks. @throws KeywrightError `already-exists` */
  createAuthority(request: AuthorityRequest): Promise<CertificateAuthority>;
}

export interface HomeOptions extends Omit<SettingSources, 'home'> {
  readonly directory: string;
  /** Tells the user something that they did not ask for but should know. */
  readonly notice: (text: string) => void;
  readonly clock?: Clock;
}

const systemClock: Clock = { now: () => Date.now() };

/** Opens a home, which need not exist yet. @throws KeywrightError `unsafe-home` */
export async function openHome({
  directory,
  notice,
  flags,
  environment,
  clock = systemClock,
}: HomeOptions): Promise<Home> {
  const access = { group: homeGroup(environment) };
  await checkHome(directory, access);
  await checkFormat(directory);
  const keyStore = new FileStore({ home: directory, notice });
  const audit = new FileAuditLog({
    ...{ home: directory, clock },
    // The system is asked only when there is a change to record.
    actor: {
      get who() {
        return userName();
      },
      from: 'local',
    },
  });
  const ca = () => import('../ca/authority.js');
  let opened: Promise<Settings> | undefined;
  const sources = () => {
    // The settings are read once: a running server keeps those it started with.
    opened ??= openSettings({ flags, environment, home: directory });
    return opened;
  };
  const settings = async () => (await sources()).common();
  const issuingTerms = async () => ({ backdateMs: (await settings()).backdate });
  const existingAuthority = async () => {
    const { readAuthority } = await import('../ca/read-authority.js');
    return readAuthority(directory, { access, ...(await issuingTerms()) });
  };
  const licence = new ClientLicence({
    ...{ keyStore, clock },
    async read() {
      const { readLicence } = await import('../jwt/licence.js');
      const { licence, clockTolerance: clockToleranceMs } = await settings();
      return { ...(await readLicence(licence)), clockToleranceMs };
    },
    exclusively: async (work) => {
      await prepareHome(directory);
      return withLock(join(directory, 'licence.lock'), work);
    },
  });
  const changes = new FileUnitOfWork({ store: keyStore, audit, licence });
  const hashSecret = async () => keyedHash(await hashingKey(directory, keyStore, clock));
  const passwords = async () => {
    const { Argon2Hasher } = await import('../password/argon2.js');
    return new Argon2Hasher();
  };
  const tokens = async () => {
    const [{ JwtSealer }, { configuredKey }] = await Promise.all([
      import('../jwt/sealer.js'),
      import('../jwt/configured-key.js'),
    ]);
    const configured = configuredKey((await settings()).jwtKey);
    return configured
      ? { sealer: new JwtSealer(clock, [configured]), configured: true }
      : { sealer: new JwtSealer(clock), configured: false };
  };

  const createAuthority = async (request: AuthorityRequest) => {
    const { draftAuthority, publishAuthority } = await ca();
    const draft = await draftAuthority(request, clock.now());
    const terms = await issuingTerms();
    return audit.record([{ action: 'ca.init', target: 'ca' }], () =>
      publishAuthority(directory, draft, terms),
    );
  };

  const authority = () =>
    firstAuthority({
      ...{ home: directory, keyStore, existingAuthority, notice },
      make: async () => createAuthority((await ca()).DEFAULT_AUTHORITY),
    });

  return {
    directory,
    keyStore,
    changes,
    clock,
    async moment() {
      const { clockTolerance: clockToleranceMs } = await settings().catch(() => ({ clockTolerance: 0 }));
      return { now: clock.now(), clockToleranceMs };
    },
    audit,
    firstVisit: new HomeFirstVisit(directory, clock),
    answer: (question, give) => keyStore.readers.answer(question, give),
    ask: (question) => keyStore.readers.ask(question),
    licence,
    existingAuthority,
    authority,
    async authorityKeys() {
      await authority();
      const { readAuthorityKeys } = await import('../ca/read-authority.js');
      const keys = await readAuthorityKeys(directory, access);
      if (keys === undefined) throw new KeywrightError('ca-unusable', `the CA of ${directory} went away`);
      return keys;
    },
    serverLeaf: async (names, algorithm = 'ec-p256') =>
      (await import('../ca/server-leaf.js')).ensureServerLeaf({
        home: directory,
        ...{ names, algorithm },
        clock,
        authority: await authority(),
        register: (issued) => registerServerCertificate({ changes, clock }, issued),
      }),
    settings,
    serveSettings: async () => (await sources()).serve(),
    settingsInForce: async () => (await sources()).inForce(),
    parseScopes: async (scopes) => parseScopes(scopes, (await settings()).scopes),
    hashSecret,
    passwords,
    tokenSealer: tokens,
    async ensureSigningKeys() {
      if ((await tokens()).configured) return;
      await ensureSigningKeys({ keyStore, changes, clock }, (await settings()).jwtAlgorithm);
    },
    async createAuthority(request) {
      // This also reports a damaged CA.
      await existingAuthority();
      return createAuthority(request);
    },
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return `uid ${process.getuid?.()}`;
  }
}
