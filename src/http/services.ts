import type { Socket } from 'node:net';
import type { Management } from '../core/manage/management.js';
import type { Limiter } from '../core/ports/limiter.js';
import type { Observer } from '../core/ports/observer.js';
import type { Attempts } from '../core/verify/attempts.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';
import type { PathRule } from '../core/verify/path-rules.js';
import type { CredentialHeaders } from './requests/credentials.js';
import type { TrustedProxies } from './requests/trusted-proxies.js';
import type { WebSocketCredentials } from './requests/web-socket-credentials.js';

/** The services of the HTTP server. Each caller manages under its own name. */
export interface HttpServices extends Omit<Management, 'actor' | 'hashSecret'> {
  readonly registry: LiveRegistry;
  /** Checks scopes before they are granted. @throws KeywrightError `invalid-input` */
  parseScopes(scopes: readonly string[]): Promise<string[]>;
  /** The beginning of API keys, unless a request says otherwise. */
  readonly keyPrefix: string;
  /** True if the server takes tokens; false if it takes certificates only. */
  readonly takesTokens: boolean;
  readonly headers: CredentialHeaders;
  readonly proxies: TrustedProxies;
  /** Reads the credentials of WebSockets that pages open; undefined if these are not taken. */
  readonly webSocketCredentials: WebSocketCredentials | undefined;
  /** Tells if a connection came through a proxy that speaks the PROXY protocol. */
  isRelayed(socket: Socket): boolean;
  /** The rules that map methods and paths to scopes. */
  readonly pathRules: readonly PathRule[];
  /** Counts the failed attempts of an address or a caller. */
  readonly attempts: Attempts;
  /** Counts the requests of a credential; undefined for no limit. */
  readonly requests: Limiter | undefined;
  /** Makes the key under which an address is counted. */
  addressKey(address: string): string;
  /** The secret of brokers on another machine or behind a gateway; undefined if these may not ask. */
  readonly callbackSecret: string | undefined;
  readonly observer: Observer;
  /** The sessions of the console; undefined without it. */
  readonly console: ConsoleSessions | undefined;
}

/** How long sessions of the console last, in milliseconds. */
export interface ConsoleSessions {
  readonly idleMs: number;
  readonly sessionMs: number;
}
