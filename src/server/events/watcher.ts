import { type Actor, actorOf } from '../../core/manage/actor.js';
import { connectionView, refusalView } from '../../core/manage/server-views.js';
import { type Sight, seesChange, seesConnection, seesRefusal } from '../../core/manage/sight.js';
import { BUILD } from '../../core/model/build.js';
import type { Principal } from '../../core/model/principal.js';
import { formatTime, NEVER } from '../../core/model/time.js';
import type {
  ActivityListener,
  ConnectionChange,
  KeptRefusal,
  VerdictMinute,
} from '../../core/ports/activity.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Change } from '../../core/ports/key-store.js';
import type { LiveRegistry } from '../../core/verify/live-registry.js';
import { proveAgain } from '../../core/verify/prove.js';
import { stillHolds } from '../../core/verify/verify.js';
import { LineLimit } from '../../limits/line-limit.js';
import { EventStream } from './event-stream.js';

const CHANGES_PER_SECOND = 20;

/** Whoever may manage may watch. */
export const NO_DEMAND = { scopes: [] };

/** Who watches, and what. */
interface Watched {
  readonly principal: Principal;
  readonly registry: LiveRegistry;
  readonly clock: Clock;
  /** The one client to hear of; undefined for all that the principal may see. */
  readonly client: string | undefined;
}

/** Tells one reader what happens, as far as it may know of it now. Whatever fails ends its stream. */
export class Watcher implements ActivityListener {
  readonly stream = new EventStream();
  readonly principal: Principal;
  readonly #registry: LiveRegistry;
  readonly #clock: Clock;
  readonly #client: string | undefined;
  readonly #changes: LineLimit;
  #actor: Actor | undefined;
  #revision = -1;

  constructor({ principal, registry, clock, client }: Watched) {
    this.principal = principal;
    this.#registry = registry;
    this.#clock = clock;
    this.#client = client;
    const onHeldBack = (count: number) => this.stream.send('changed-many', { count });
    this.#changes = new LineLimit({ perSecond: CHANGES_PER_SECOND, onHeldBack });
    this.stream.once('close', () => this.#changes.close());
    this.stream.send('hello', { build: BUILD, time: formatTime(clock.now()) });
  }

  verdicts({ at, accepted, refused }: VerdictMinute): void {
    this.#tell(({ actor }) => {
      if (this.#client === undefined && actor.kind !== 'member')
        this.stream.send('verdicts', { at: formatTime(at), accepted, refused });
    });
  }

  refused(refusal: KeptRefusal): void {
    this.#tell((sight) => {
      if (this.#concerns(refusal.client) && seesRefusal(sight, refusal))
        this.stream.send('refused', refusalView(refusal), refusal.id);
    });
  }

  suppressed(count: number): void {
    this.#tell(({ actor }) => {
      if (this.#client === undefined && actor.kind !== 'member') this.stream.send('suppressed', { count });
    });
  }

  changed(changes: readonly Change[]): void {
    this.#tell((sight) => {
      const told = new Set<string>();
      const at = formatTime(this.#clock.now());
      for (const change of changes) {
        const { kind, id } = subjectOf(change);
        const isOther = this.#client !== undefined && !(kind === 'client' && id === this.#client);
        if (isOther || told.has(`${kind} ${id}`) || !seesChange(sight, change)) continue;
        told.add(`${kind} ${id}`);
        this.#changes.pass(() => this.stream.send('changed', { at, kind, id }));
        // How many more there are makes no difference.
        if (told.size > CHANGES_PER_SECOND) return;
      }
    });
  }

  connection({ what, connection, at, reason }: ConnectionChange): void {
    this.#tell((sight) => {
      const { clientId, userId, protocol, address } = connectionView(connection);
      if (!this.#concerns(clientId) || !seesConnection(sight, connection)) return;
      const event = { what, clientId, userId, protocol, address, at: formatTime(at), reason };
      this.#changes.pass(() => this.stream.send('connection', event));
    });
  }

  /** Ends the stream, and says so if its credential does not hold any more: nobody needs to come again with that. */
  finish(): void {
    if (!this.#mayComeAgain()) this.stream.send('session-ended', { time: formatTime(this.#clock.now()) });
    this.stream.end();
  }

  #tell(tell: (sight: Sight) => void): void {
    try {
      const actor = this.#actorNow();
      if (actor === undefined) this.finish();
      else tell({ actor, clientById: (id) => this.#registry.clientById(id) });
    } catch {
      this.stream.end();
    }
  }

  /** Finds as what the principal manages now: it may have lost rights since it came. */
  #actorNow(): Actor | undefined {
    const { revision } = this.#registry;
    if (revision !== this.#revision) {
      const proof = proveAgain(this.principal, this.#registry);
      this.#actor = proof ? actorOf(proof.principal, (id) => this.#registry.userById(id)) : undefined;
      this.#revision = revision;
    }
    return this.#actor;
  }

  // A page has a newer cookie once the idle end of the one that it came with is over.
  #mayComeAgain(): boolean {
    const { credential } = this.principal;
    const principal =
      credential.kind === 'session-cookie'
        ? { ...this.principal, credential: { ...credential, idleUntil: NEVER } }
        : this.principal;
    try {
      return stillHolds({ principal, demand: NO_DEMAND }, this.#registry, this.#clock.now());
    } catch {
      return true;
    }
  }

  #concerns(client: string | null): boolean {
    return this.#client === undefined || this.#client === client;
  }
}

/** What has changed, as its readers know it: a certificate is a part of its client. */
function subjectOf({ kind, id, before, after }: Change): { readonly kind: string; readonly id: string } {
  const holder = kind === 'certificate' ? (after ?? before)?.holder : undefined;
  return holder?.kind === 'client' ? { kind: 'client', id: holder.id } : { kind, id };
}
