import type { Socket } from 'node:net';
import type { Management } from '../core/manage/management.js';
import type { Limiter } from '../core/ports/limiter.js';
import type { Observer } from '../core/ports/observer.js';
import type { Attempts } from '../core/verify/attempts.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';
import type { PathRule } from '../core/verify/path-rules.js';
import type { CredentialHeaders } from './requests/credentials.js';
import type { TrustedProxies } from './requests/trusted-proxies.js';

/** Everything that the HTTP server works with; each caller manages under a name of its own. */
export interface HttpServices extends Omit<Management, 'actor' | 'hashSecret'> {
  readonly registry: LiveRegistry;
  /** Reads scopes that are to be granted. @throws KeywrightError `invalid-input` */
  parseScopes(scopes: readonly string[]): Promise<string[]>;
  /** The beginning of API keys, unless a request says otherwise. */
  readonly keyPrefix: string;
  /** True if tokens are taken; false for certificates only. */
  readonly takesTokens: boolean;
  readonly headers: CredentialHeaders;
  readonly proxies: TrustedProxies;
  /** Tells if a connection came through a proxy that speaks the PROXY protocol. */
  isRelayed(socket: Socket): boolean;
  /** Which scope which method and path needs. */
  readonly pathRules: readonly PathRule[];
  /** Failed attempts of an address or a caller. */
  readonly attempts: Attempts;
  /** Requests with a credential; undefined for no limit. */
  readonly requests: Limiter | undefined;
  /** The key by which an address is counted. */
  addressKey(address: string): string;
  /** The secret of brokers that ask from another machine, or through a gateway; undefined if they may not. */
  readonly callbackSecret: string | undefined;
  readonly observer: Observer;
}
