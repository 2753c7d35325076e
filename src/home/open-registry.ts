import type { TokenRules } from '../core/model/access-token.js';
import { openRing } from '../core/model/signing-key.js';
import type { PasswordHasher } from '../core/ports/password-hasher.js';
import { LiveRegistry } from '../core/verify/live-registry.js';
import { SlowProofs } from '../core/verify/slow-proofs.js';
import type { JwtSealer } from '../jwt/sealer.js';
import type { App } from './open-home.js';

/** A home's registry in memory, and what proves and makes access tokens with its keys. */
export interface OpenedRegistry {
  readonly registry: LiveRegistry;
  readonly sealer: JwtSealer;
  readonly passwords: PasswordHasher;
}

export interface RegistryOptions {
  /** Which access tokens are taken; may be settled until the first is presented. */
  readonly rules: TokenRules;
  readonly onFailure: (error: unknown) => void;
}

/** Follows a home's keystore. */
export async function openRegistry(app: App, { rules, onFailure }: RegistryOptions): Promise<OpenedRegistry> {
  const { sealer, configured } = await app.tokens();
  const passwords = await app.passwords();
  const hashSecret = await app.secretHasher();
  const registry = await LiveRegistry.follow({
    keyStore: app.keyStore,
    hashSecret,
    slow: new SlowProofs({ sealer, rules, passwords, hashSecret }),
    onSigningKeys: (ring) => {
      if (!configured) sealer.use(openRing(ring));
    },
    onFailure,
  });
  return { registry, sealer, passwords };
}
