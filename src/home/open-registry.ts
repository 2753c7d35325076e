import type { TokenIssuer } from '../core/model/access-token.js';
import { KeywrightError } from '../core/model/errors.js';
import type { PresentedText } from '../core/model/presented-credential.js';
import { openRing, RING_ID } from '../core/model/signing-key.js';
import type { UnreadablePart } from '../core/ports/key-store.js';
import type { PasswordHasher } from '../core/ports/password-hasher.js';
import type { TokenSealer } from '../core/ports/token-sealer.js';
import { Facts } from '../core/verify/facts.js';
import { LiveRegistry } from '../core/verify/live-registry.js';
import { StoredRegistry } from '../core/verify/stored-registry.js';
import type { JwtSealer } from '../jwt/sealer.js';
import type { Home } from './open-home.js';

/** A home's registry in memory, with its token sealer and its password hasher. */
export interface OpenedRegistry {
  readonly registry: LiveRegistry;
  readonly sealer: JwtSealer;
  readonly passwords: PasswordHasher;
}

export interface RegistryOptions {
  /**
   * The issuer and the audience of accepted access tokens. They are read for each token, because a server may learn its
   * own port later.
   */
  readonly tokenIssuer: TokenIssuer;
  /** Gets the parts of the key store that cannot be read now, whenever these change. */
  readonly onUnreadable: (parts: readonly UnreadablePart[]) => void;
}

/** Opens the registry of a home and follows its key store. */
export async function openRegistry(
  home: Home,
  { tokenIssuer, onUnreadable }: RegistryOptions,
): Promise<OpenedRegistry> {
  const { sealer, configured } = await home.tokenSealer();
  const passwords = await home.passwords();
  const hashSecret = await home.hashSecret();
  const registry = await LiveRegistry.follow({
    keyStore: home.keyStore,
    hashSecret,
    facts: new Facts({ sealer, tokenIssuer, passwords, hashSecret }),
    clockToleranceMs: (await home.settings()).clockTolerance,
    onSigningKeys: (ring) => {
      if (!configured) sealer.use(ring === undefined ? [] : openRing(ring));
    },
    onUnreadable,
  });
  return { registry, sealer, passwords };
}

/** Opens a registry for one credential. It reads records on demand, and opens only the services for that kind. */
export async function openStoredRegistry(
  home: Home,
  { kind }: Pick<PresentedText, 'kind'>,
): Promise<StoredRegistry> {
  const { keyStore } = home;
  const hashSecret = kind === 'api-key' ? await home.hashSecret() : notOpened;
  const isToken = kind === 'access-token';
  const sealer = isToken ? await storedSealer(home) : NO_SEALER;
  const { issuer = '', audience, clockTolerance: clockToleranceMs } = await home.settings();
  const facts = new Facts({ sealer, tokenIssuer: { issuer, audience }, passwords: NO_PASSWORDS, hashSecret });
  return new StoredRegistry({ keyStore, hashSecret, facts, clockToleranceMs });
}

async function storedSealer(home: Home): Promise<TokenSealer> {
  const { sealer, configured } = await home.tokenSealer();
  const ring = configured ? undefined : await home.keyStore.signingKeys.get(RING_ID);
  if (ring) sealer.use(openRing(ring));
  return sealer;
}

// These refuse every call, so that they accept nothing.
const notOpened = (): never => {
  throw new KeywrightError('io', 'this was not opened to decide');
};
const NO_SEALER: TokenSealer = {
  revision: 0,
  seal: notOpened,
  open: notOpened,
  isTrusted: notOpened,
  publicKeys: notOpened,
};
const NO_PASSWORDS: PasswordHasher = { hash: notOpened, verify: notOpened };
