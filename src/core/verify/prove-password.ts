import { type Client, type PasswordCredential, passwordOf } from '../model/client.js';
import { type Proof, proofOf } from './client-principal.js';
import { notLoaded, type PresentedPassword } from './facts.js';
import type { PresentedKeyAndPassword, PresentedNameAndPassword } from './presentation.js';
import { proveApiKey } from './prove-api-key.js';
import type { Registry } from './registry.js';

/** Proves a password that suffices by itself; null if it is not that client's. */
export function provePasswordAlone(presented: PresentedNameAndPassword, registry: Registry): Proof | null {
  const asked = passwordAloneToCheck(presented, registry);
  if (asked === undefined || !isRight(asked, registry)) return null;
  const client = registry.clientById(presented.clientId);
  const record = client && passwordAlone(client);
  return client && record ? proofOf({ client, kind: 'password', id: record.id, record }, registry) : null;
}

/** Proves an API key that came with its client's password; if that has none, only an empty one is right. */
export function proveKeyAndPassword(presented: PresentedKeyAndPassword, registry: Registry): Proof | null {
  const proof = proveApiKey(presented.key, registry);
  if (proof === null) return null;
  const asked = passwordBeside(proof, presented, registry);
  const isProved = asked === undefined ? presented.password === '' : isRight(asked, registry);
  return isProved ? proof : null;
}

/** The password that a decision depends on; undefined if nobody has one: then strangers get no work done. */
export function passwordAloneToCheck(
  { clientId: name, password }: PresentedNameAndPassword,
  registry: Registry,
): PresentedPassword | undefined {
  if (!registry.hasPasswordsAlone()) return undefined;
  const client = registry.clientById(name);
  // A client that has none takes as long as one that has, and so does an id that nobody has.
  return { name, password, hash: client && passwordAlone(client)?.hash };
}

/** The password that a decision depends on; undefined if the key is nobody's, or its client has no password. */
export function passwordBesideToCheck(
  presented: PresentedKeyAndPassword,
  registry: Registry,
): PresentedPassword | undefined {
  const proof = proveApiKey(presented.key, registry);
  return proof === null ? undefined : passwordBeside(proof, presented, registry);
}

function passwordBeside(
  { principal: { id: name } }: Proof,
  { password }: PresentedKeyAndPassword,
  registry: Registry,
): PresentedPassword | undefined {
  const holder = registry.clientById(name);
  const own = holder && passwordOf(holder);
  return own && { name, password, hash: own.hash };
}

function isRight(presented: PresentedPassword, registry: Registry): boolean {
  const fact = registry.facts.passwordHolds(presented);
  if (fact === undefined) throw notLoaded();
  return fact;
}

function passwordAlone(client: Client): PasswordCredential | undefined {
  const password = passwordOf(client);
  return password?.alone ? password : undefined;
}
