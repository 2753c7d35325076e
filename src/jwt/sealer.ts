import { CompactSign, compactVerify, decodeProtectedHeader, exportJWK } from 'jose';
import type { RejectedToken, TokenFault } from '../core/model/access-token.js';
import { KeywrightError } from '../core/model/errors.js';
import type { SigningKey } from '../core/model/signing-key.js';
import type { Clock } from '../core/ports/clock.js';
import type { OpenedToken, TokenSealer } from '../core/ports/token-sealer.js';

/** Access tokens as JWTs. The newest key signs. The key that the header names verifies, with its own algorithm only. */
export class JwtSealer implements TokenSealer {
  readonly #clock: Clock;
  #keys: readonly SigningKey[] = [];
  #revision = 0;

  constructor(clock: Clock, keys: readonly SigningKey[] = []) {
    this.#clock = clock;
    this.#keys = keys;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Replaces the keys. @param keys the newest first */
  use(keys: readonly SigningKey[]): void {
    this.#keys = keys;
    this.#revision += 1;
  }

  async seal(payload: Record<string, unknown>): Promise<string> {
    const [key] = this.#keys;
    if (key === undefined)
      throw new KeywrightError('store-corrupt', 'there is no key to sign access tokens with');
    // RFC 9068 section 2.1
    const header = { alg: key.algorithm, kid: key.id, typ: 'at+jwt' };
    return new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader(header)
      .sign(key.privateKey);
  }

  async open(token: string): Promise<OpenedToken | RejectedToken> {
    // The fault of the token if the next step fails.
    let rejected: TokenFault = 'not a JWT';
    try {
      const { kid, typ } = decodeProtectedHeader(token);
      if (typ !== 'at+jwt') return { rejected: 'wrong type' };
      const key = this.#trusted().find(({ id }) => id === kid);
      if (key === undefined) return { rejected: 'unknown key' };
      rejected = 'wrong signature';
      const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] });
      rejected = 'wrong claims';
      return { payload: JSON.parse(Buffer.from(payload).toString()), keyId: key.id };
    } catch {
      return { rejected };
    }
  }

  isTrusted(keyId: string): boolean {
    const key = this.#keys.find(({ id }) => id === keyId);
    return key !== undefined && (key.endsAt === null || this.#clock.now() < key.endsAt);
  }

  async publicKeys(): Promise<{ keys: object[] }> {
    // A shared secret is not published.
    const shown = this.#trusted().filter(({ algorithm }) => algorithm !== 'HS256');
    const keys = shown.map(async ({ id, algorithm, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid: id,
      alg: algorithm,
      use: 'sig',
    }));
    return { keys: await Promise.all(keys) };
  }

  #trusted(): readonly SigningKey[] {
    return this.#keys.filter(({ id }) => this.isTrusted(id));
  }
}
