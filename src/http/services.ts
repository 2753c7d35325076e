import type { Socket } from 'node:net';
import type { TokenIssuer } from '../core/model/access-token.js';
import type { Principal } from '../core/model/principal.js';
import type { AuditLog } from '../core/ports/audit-log.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import type { Clock } from '../core/ports/clock.js';
import type { KeyStore } from '../core/ports/key-store.js';
import type { Licence } from '../core/ports/licence.js';
import type { Limiter } from '../core/ports/limiter.js';
import type { PasswordHasher } from '../core/ports/password-hasher.js';
import type { TokenSealer } from '../core/ports/token-sealer.js';
import type { Attempts } from '../core/verify/attempts.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';
import type { PathRule } from '../core/verify/path-rules.js';
import type { CredentialHeaders } from './requests/credentials.js';
import type { TrustedProxies } from './requests/trusted-proxies.js';

/** What the HTTP server works with. */
export interface HttpServices {
  readonly registry: LiveRegistry;
  readonly clock: Clock;
  readonly keyStore: KeyStore;
  readonly audit: AuditLog;
  readonly passwords: PasswordHasher;
  readonly sealer: TokenSealer;
  readonly tokenIssuer: TokenIssuer;
  readonly authority: CertificateAuthority;
  readonly licence: Licence;
  /** Reads scopes that are to be granted. @throws KeywrightError `invalid-input` */
  parseScopes(scopes: readonly string[]): Promise<string[]>;
  /** What API keys begin with unless told otherwise. */
  readonly keyPrefix: string;
  /** Whether tokens are taken, or certificates only. */
  readonly takesTokens: boolean;
  readonly headers: CredentialHeaders;
  readonly proxies: TrustedProxies;
  /** Whether a connection came through a proxy that speaks the PROXY protocol. */
  isRelayed(socket: Socket): boolean;
  /** Which scope which method and path needs. */
  readonly pathRules: readonly PathRule[];
  /** Failed attempts of an address or a caller. */
  readonly attempts: Attempts;
  /** Requests with a credential; undefined for no limit. */
  readonly requests: Limiter | undefined;
  /** By what an address is counted. */
  addressKey(address: string): string;
  /** What brokers present that ask from another machine, or through a gateway; undefined where they may not. */
  readonly callbackSecret: string | undefined;
  /** Is told of the clients of brokers that were refused. */
  reportCallback(event: CallbackEvent): void;
  /** Is told who got in, and from where. */
  noteUse(principal: Principal, from: string): void;
}

/** A client of a broker that was refused, or a call that was. */
export interface CallbackEvent {
  readonly path: string;
  /** As the client gave it, cut short. */
  readonly clientId: string;
  readonly outcome: 'deny' | 'unavailable';
  readonly reason: string;
}
