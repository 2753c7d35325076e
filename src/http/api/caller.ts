import type { IncomingMessage } from 'node:http';
import { type Actor, actorOf } from '../../core/manage/actor.js';
import { KeywrightError } from '../../core/model/errors.js';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import type { AuditEvent, AuditLog } from '../../core/ports/audit-log.js';
import type { Clock } from '../../core/ports/clock.js';
import type { KeyStore } from '../../core/ports/key-store.js';
import type { Licence } from '../../core/ports/licence.js';
import type { PasswordHasher } from '../../core/ports/password-hasher.js';
import { callerOf } from '../admission.js';
import { Refused } from '../responses/errors.js';
import { REFUSALS, tooMany } from '../responses/problem.js';
import type { HttpServices } from '../services.js';

/** What the rules for clients, API keys and users work with, for one caller. */
export interface Management {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly passwords: PasswordHasher;
  readonly hashSecret: (secret: string) => string;
  readonly actor: Actor;
  readonly licence: Licence;
}

/** A caller who manages. */
export interface Manager {
  readonly principal: Principal;
  readonly management: Management;
  /** Does what the caller asked for; that it was not allowed to is recorded. @param target the id of what it is done to */
  attempt<T>(target: string, work: (management: Management) => Promise<T>): Promise<T>;
}

/** Who calls the management API. A caller that may not manage at all is refused, and that is recorded. @throws Refused */
export async function managerOf(
  request: IncomingMessage,
  { services, action }: { readonly services: HttpServices; readonly action: string },
): Promise<Manager> {
  const { registry, keyStore, clock, passwords, licence } = services;
  const from = services.proxies.addressOf(request);
  const principal = await callerOf(request, services).catch(async (error) => {
    throw (await recordStranger(error, { services, action, from })) ?? error;
  });
  const audit = services.audit.by({ who: `${principal.kind} ${principal.id}`, from });
  const actor = actorOf(principal, (id) => registry.userById(id));
  if (actor === undefined) {
    const caller = `${principal.kind} ${principal.id}`;
    const refusal = await recordRefusal({ services, caller, audit, event: { action, target: '' } });
    throw refusal ?? new Refused(REFUSALS['insufficient-scope']);
  }
  const hashSecret = (secret: string) => registry.hashSecret(secret);
  const management = { keyStore, clock, audit, passwords, hashSecret, actor, licence };
  return {
    principal,
    management,
    attempt: async (target, work) => {
      try {
        return await work(management);
      } catch (error) {
        if (!isRefusal(error, actor)) throw error;
        throw (
          (await recordRefusal({
            services,
            caller: `${principal.kind} ${principal.id}`,
            audit,
            event: { action, target },
          })) ?? error
        );
      }
    },
  };
}

interface RefusedCall {
  readonly services: HttpServices;
  /** By what it is counted. */
  readonly caller: string;
  readonly audit: AuditLog;
  readonly event: AuditEvent;
}

/** Records what a caller was not allowed to do, but not too often. @returns what to say instead in that case */
export async function recordRefusal({
  services,
  caller,
  audit,
  event,
}: RefusedCall): Promise<Refused | undefined> {
  const waitMs = await services.attempts.failed(caller);
  if (waitMs > 0) return new Refused(tooMany(waitMs));
  // What stands in the place of an id may be a secret.
  const isId =
    /^[A-Za-z0-9][A-Za-z0-9_.@:-]{0,72}$/.test(event.target) &&
    readCredential(event.target).kind === 'unknown';
  await audit.refused({ ...event, target: isId ? event.target : '' });
  return undefined;
}

// What is not a member's is not there for it.
function isRefusal(error: unknown, { kind }: Actor): boolean {
  if (!(error instanceof KeywrightError)) return false;
  return error.code === 'refused' || (error.code === 'not-found' && kind === 'member');
}

interface Stranger {
  readonly services: HttpServices;
  readonly action: string;
  readonly from: string;
}

/** Records a call by nobody, but not one of too many, which would only fill the disk. @returns what to say instead in that case */
async function recordStranger(
  error: unknown,
  { services, action, from }: Stranger,
): Promise<Refused | undefined> {
  const { attempts, addressKey, audit } = services;
  if (!(error instanceof Refused) || error.refusal.problem.status !== 401) return undefined;
  // Wrong credentials were counted already.
  const isCounted = error.refusal === REFUSALS.invalid;
  const waitMs = isCounted ? 0 : await attempts.failed(addressKey(from));
  if (waitMs > 0) return new Refused(tooMany(waitMs));
  await audit.by({ who: 'unknown', from }).refused({ action, target: '' });
  return undefined;
}
