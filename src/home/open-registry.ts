import type { TokenIssuer } from '../core/model/access-token.js';
import { openRing } from '../core/model/signing-key.js';
import type { PasswordHasher } from '../core/ports/password-hasher.js';
import { LiveRegistry } from '../core/verify/live-registry.js';
import { SlowProofs } from '../core/verify/slow-proofs.js';
import type { JwtSealer } from '../jwt/sealer.js';
import type { Home } from './open-home.js';

/** A home's registry in memory, and what proves and makes access tokens with its keys. */
export interface OpenedRegistry {
  readonly registry: LiveRegistry;
  readonly sealer: JwtSealer;
  readonly passwords: PasswordHasher;
}

export interface RegistryOptions {
  /** The issuer whose access tokens are taken. It is read for each token, so that a server may learn its own port first. */
  readonly tokenIssuer: TokenIssuer;
  readonly onFailure: (error: unknown) => void;
}

/** Follows a home's keystore. */
export async function openRegistry(
  home: Home,
  { tokenIssuer, onFailure }: RegistryOptions,
): Promise<OpenedRegistry> {
  const { sealer, configured } = await home.tokenSealer();
  const passwords = await home.passwords();
  const hashSecret = await home.hashSecret();
  const registry = await LiveRegistry.follow({
    keyStore: home.keyStore,
    hashSecret,
    slow: new SlowProofs({ sealer, tokenIssuer, passwords, hashSecret }),
    onSigningKeys: (ring) => {
      if (!configured) sealer.use(ring === undefined ? [] : openRing(ring));
    },
    onFailure,
  });
  return { registry, sealer, passwords };
}
