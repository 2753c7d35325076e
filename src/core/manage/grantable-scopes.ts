import { BUILT_IN_SCOPES, mayGrant } from '../model/scope.js';
import type { Actor } from './actor.js';

/** A scope with one line of meaning. */
export interface ExplainedScope {
  readonly name: string;
  readonly description: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  ingest: 'send data over HTTP, and use all topics of MQTT unless topic scopes narrow them',
  admin: 'manage everything: clients, keys, users and sessions',
  metrics: 'read metrics',
  '*': 'everything, also what will be declared later',
};

/** Lists the scopes that the actor may grant: the built-in ones, the declared ones, and their groups. */
export function grantableScopes(actor: Actor, declared: readonly string[]): ExplainedScope[] {
  const groups = new Set(declared.filter((name) => name.includes(':')).map(groupOf));
  return [...new Set([...BUILT_IN_SCOPES, ...declared, ...groups, '*'])]
    .filter((name) => actor.kind === 'operator' || mayGrant(actor.scopes, [name]))
    .map((name) => ({ name, description: MEANINGS[name] ?? meaningOf(name) }));
}

function groupOf(scope: string): string {
  return `${scope.slice(0, scope.indexOf(':'))}:*`;
}

function meaningOf(scope: string): string {
  return scope.endsWith(':*')
    ? `every scope that begins with ${scope.slice(0, -1)}`
    : 'declared in the configuration of this installation';
}
