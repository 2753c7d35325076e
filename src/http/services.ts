import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Actor } from '../core/manage/actor.js';
import type { LicenceStatus } from '../core/manage/licence.js';
import type { Management } from '../core/manage/management.js';
import type { Overview } from '../core/manage/overview.js';
import type { Principal } from '../core/model/principal.js';
import type { Timestamp } from '../core/model/time.js';
import type { Activity } from '../core/ports/activity.js';
import type { AuditReader } from '../core/ports/audit-log.js';
import type { FirstVisit } from '../core/ports/first-visit.js';
import type { Licence } from '../core/ports/licence.js';
import type { Limiter } from '../core/ports/limiter.js';
import type { Observer } from '../core/ports/observer.js';
import type { Attempts } from '../core/verify/attempts.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';
import type { OpenConnections } from '../core/verify/open-connections.js';
import type { PathRule } from '../core/verify/path-rules.js';
import type { CredentialHeaders } from './requests/credentials.js';
import type { TrustedProxies } from './requests/trusted-proxies.js';
import type { WebSocketCredentials } from './requests/web-socket-credentials.js';

/** The services of the HTTP server. Each caller manages under its own name. */
export interface HttpServices extends Omit<Management, 'actor' | 'hashSecret' | 'licence'> {
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
  /** The console; undefined without it. */
  readonly console: Console | undefined;
  readonly audit: AuditReader;
  readonly licence: Licence & { status(): Promise<LicenceStatus> };
  /** The scopes that the configuration declares. */
  readonly declaredScopes: readonly string[];
  /** The connections that were let in and are open. */
  readonly connections: OpenConnections;
  /** What happens at this server. */
  readonly activity: Activity;
  /** The streams on which it is told. */
  readonly events: EventStreams;
  /** Counts what an actor may see. */
  overviewOf(actor: Actor): Promise<Overview>;
  describe(): Promise<ServerFacts>;
}

/** Streams of events, each for as long as the credential of its reader holds. */
export interface EventStreams {
  /** @throws Refused if there are too many already */
  open(watching: Watching): Readable;
  close(): void;
}

export interface Watching {
  readonly principal: Principal;
  readonly address: string;
  /** The one client to hear of; undefined for all that the principal may see. */
  readonly client: string | undefined;
  /** The last refusal that the reader knows of; undefined if it does not come again. */
  readonly lastEventId: string | undefined;
}

/** What a running server is, and how it is set. */
export interface ServerFacts {
  readonly startedAt: Timestamp;
  /** Addresses as `serve --json` prints them. */
  readonly listeners: { readonly http: string; readonly mqtt: string; readonly webSocket: string };
  readonly tls: { readonly http: boolean; readonly mqtt: boolean };
  /** The certificates that it presents, PEM. */
  readonly certificates: readonly string[];
  /** The settings as they are, without secrets. */
  readonly settings: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly from: string;
  }[];
}

/** The web console: how long its sessions last, in milliseconds. */
export interface Console {
  readonly idleMs: number;
  readonly sessionMs: number;
  /** The directory of its files. */
  readonly directory: string;
  readonly firstVisit: FirstVisit;
  /** True if the first user may be made from another machine. */
  readonly isFirstVisitOpen: boolean;
}
