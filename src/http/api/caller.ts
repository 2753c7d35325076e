import { type Actor, actorOf } from '../../core/manage/actor.js';
import type { Management } from '../../core/manage/management.js';
import { KeywrightError } from '../../core/model/errors.js';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import type { AuditEvent } from '../../core/ports/audit-log.js';
import type { UnitOfWork } from '../../core/ports/unit-of-work.js';
import { managingPrincipal } from '../admission.js';
import { Refused, refusalOf } from '../responses/errors.js';
import { REFUSALS, tooMany } from '../responses/problem.js';
import type { HttpServices } from '../services.js';
import { type Called, renewCookie } from './console-session.js';
import { TOO_MANY_TOLD } from './login-causes.js';

/** A caller who manages. */
export interface Caller {
  readonly principal: Principal;
  /**
   * Does the caller's action, and records a refusal of it.
   * @param target the id of the object that the action changes
   */
  attempt<T>(target: string, work: (management: Management) => Promise<T>): Promise<T>;
}

/** Authenticates a caller who manages. Refuses all others, and records the refusal. @throws Refused */
export async function callerOf(called: Called, action: string): Promise<Caller> {
  const { request, services } = called;
  const { registry } = services;
  const from = services.proxies.addressOf(request);
  const principal = await managingPrincipal(request, services).catch(async (error) => {
    throw (await recordStranger(error, { services, action, from })) ?? error;
  });
  renewCookie(called, principal);
  const caller = `${principal.kind} ${principal.id}`;
  const changes = services.changes.by({ who: caller, from });
  const refused = (target: string) => recordRefusal({ services, caller, changes, event: { action, target } });
  const actor = actorOf(principal, (id) => registry.userById(id));
  const told = (reason: string, cause: string) => ({
    reason,
    explain: () => ({
      credential: principal.credential.kind,
      ...(principal.kind === 'client' && { client: principal.id, holder: principal.id }),
      cause: `${caller} ${cause}`,
    }),
  });
  if (actor === undefined) {
    const lacking = told(
      'insufficient-scope',
      `may not manage: it has ${principal.scopes.join(', ') || 'no scopes'}`,
    );
    throw (await refused('')) ?? new Refused(REFUSALS['insufficient-scope'], lacking);
  }
  const management = {
    ...services,
    changes,
    hashSecret: (secret: string) => registry.hashSecret(secret),
    actor,
  };
  return {
    principal,
    attempt: (target, work) =>
      work(management).catch(async (error) => {
        const limited = isRefusal(error, actor) ? await refused(target) : undefined;
        if (limited !== undefined) throw limited;
        const isRefused = error instanceof KeywrightError && error.code === 'refused';
        throw isRefused
          ? new Refused(
              refusalOf(error),
              told(error.reason ?? 'not-allowed', `asked for ${action}: ${error.message}`),
            )
          : error;
      }),
  };
}

interface RefusedCall {
  readonly services: HttpServices;
  /** The key by which refusals are counted. */
  readonly caller: string;
  readonly changes: UnitOfWork;
  readonly event: AuditEvent;
}

/** Records a refusal, unless the caller has had too many. @returns the answer in that case */
export async function recordRefusal({
  services,
  caller,
  changes,
  event,
}: RefusedCall): Promise<Refused | undefined> {
  const waitMs = await services.attempts.failed(caller);
  if (waitMs > 0) return new Refused(tooMany(waitMs), TOO_MANY_TOLD);
  // A caller may have put a secret in the place of an id.
  const isId =
    /^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,72}$/.test(event.target) &&
    readCredential(event.target).kind === 'unknown';
  await changes.refused({ ...event, target: isId ? event.target : '' });
  return undefined;
}

// Members get `not-found` for the objects of others: it counts as a refusal.
function isRefusal(error: unknown, { kind }: Actor): boolean {
  if (!(error instanceof KeywrightError)) return false;
  return error.code === 'refused' || (error.code === 'not-found' && kind === 'member');
}

interface Stranger {
  readonly services: HttpServices;
  readonly action: string;
  readonly from: string;
}

/**
 * Records a call without a valid credential, unless there were too many: their records would fill the disk.
 * @returns the answer in that case
 */
async function recordStranger(
  error: unknown,
  { services, action, from }: Stranger,
): Promise<Refused | undefined> {
  const { attempts, addressKey, changes } = services;
  if (!(error instanceof Refused) || error.refusal.problem.status !== 401) return undefined;
  // Wrong credentials were counted already.
  const isCounted = error.refusal === REFUSALS.invalid;
  const waitMs = isCounted ? 0 : await attempts.failed(addressKey(from));
  if (waitMs > 0) return new Refused(tooMany(waitMs), TOO_MANY_TOLD);
  await changes.by({ who: 'unknown', from }).refused({ action, target: '' });
  return undefined;
}
