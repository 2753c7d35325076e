import { KeywrightError } from './errors.js';

const SCOPE = /^(\*|[a-z0-9][a-z0-9_.-]*(:[\x21\x23-\x5b\x5d-\x7e]{1,256})?)$/;

// A token's scopes must fit into a header, and into memory many times.
const MAX_SCOPES = 64;
const MAX_SCOPES_LENGTH = 1_024;

/** Tells if a text has the form of a scope. */
function isScope(text: string): boolean {
  const [verb, filter] = splitTopicScope(text);
  return SCOPE.test(text) && (verb === undefined || filter === '*' || isTopicFilter(filter));
}

/**
 * Checks the form of a scope: `ingest`, `pipes:read`, `pipes:*`, `*`, `publish:db/write/#`. RFC 6749 section 3.3 lists
 * its characters.
 * @throws KeywrightError `invalid-input`
 */
export function parseScope(text: string): string {
  if (!isScope(text)) {
    throw new KeywrightError('invalid-input', `scope ${JSON.stringify(text.slice(0, 80))} is not allowed`, {
      hint: 'a scope looks like ingest, pipes:read, pipes:*, *, publish:db/write/# or subscribe:db/#',
    });
  }
  return text;
}

/** Tells if the granted scopes include the demanded one. An empty list grants nothing. */
export function covers(granted: readonly string[], demanded: string): boolean {
  const [verb, filter] = splitTopicScope(demanded);
  if (verb !== undefined && filter !== '*') return coversTopic(granted, verb, filter);
  const prefix = demanded.includes(':') ? `${demanded.slice(0, demanded.indexOf(':'))}:*` : undefined;
  return granted.some((scope) => scope === '*' || scope === demanded || scope === prefix);
}

const VERBS = ['publish', 'subscribe'] as const;

/**
 * Intersects two lists of scopes. `ingest` alone opens all topics, so a topic scope that narrows it in either list
 * stays. If a verb has no topic left in both lists, `ingest` goes.
 */
export function narrowScopes(held: readonly string[], wanted: readonly string[]): string[] {
  const isPlain = (scope: string) => splitTopicScope(scope)[0] === undefined;
  const both = inBoth(held.filter(isPlain), wanted.filter(isPlain));
  const narrowed = new Map<TopicVerb, readonly string[]>();
  for (const verb of VERBS) {
    const [one, other] = [topicsOf(held, verb), topicsOf(wanted, verb)];
    if (one === 'open' && other === 'open') continue;
    const mine = one === 'open' ? [] : one.filter((scope) => covers(wanted, scope));
    const theirs = other === 'open' ? [] : other.filter((scope) => covers(held, scope));
    narrowed.set(verb, [...new Set([...theirs, ...mine])]);
  }
  const isClosed = [...narrowed.values()].some((scopes) => scopes.length === 0);
  const topics = [...narrowed.values()].flat();
  if (!isClosed || !covers(both, 'ingest')) return [...both, ...topics];
  const open = VERBS.filter((verb) => !narrowed.has(verb)).map((verb) => `${verb}:#`);
  return [...both.filter((scope) => scope !== 'ingest'), ...topics, ...open];
}

function inBoth(held: readonly string[], wanted: readonly string[]): string[] {
  const asked = [...new Set(wanted)].filter((scope) => isScope(scope) && covers(held, scope));
  const more = held.filter((scope) => covers(wanted, scope) && !covers(asked, scope));
  return [...asked, ...more];
}

/** Finds the topic scopes of a verb; `open` if all topics are open. */
function topicsOf(scopes: readonly string[], verb: TopicVerb): readonly string[] | 'open' {
  if (scopes.includes('*')) return 'open';
  const own = scopes.filter((scope) => isScope(scope) && splitTopicScope(scope)[0] === verb);
  return own.length === 0 && covers(scopes, 'ingest') ? 'open' : own;
}

/** Tells if a holder of some scopes may grant others. A holder grants no more than it can do itself. */
export function mayGrant(held: readonly string[], wanted: readonly string[]): boolean {
  const isOpened = (verb: TopicVerb) => topicsOf(wanted, verb) === 'open' && topicsOf(held, verb) !== 'open';
  return wanted.every((scope) => covers(held, scope)) && !VERBS.some(isOpened);
}

/** Tells if a holder of some scopes may ask for these: at least one, and so few that a token of them fits into a header. */
export function mayAsk(held: readonly string[], asked: readonly string[]): boolean {
  const isFew = asked.length > 0 && asked.length <= MAX_SCOPES;
  return isFew && asked.every((scope) => isScope(scope) && covers(held, scope));
}

/** The scopes that exist without configuration. */
export const BUILT_IN_SCOPES = ['ingest', 'admin', 'metrics'];

/**
 * Checks scopes to grant.
 * @param configured the scopes in the configuration
 * @throws KeywrightError `invalid-input` if a scope does not exist, with the list of those that do
 */
export function parseScopes(scopes: readonly string[], configured: readonly string[]): string[] {
  const known = [...BUILT_IN_SCOPES, ...configured];
  for (const text of scopes) {
    const scope = parseScope(text);
    const isTopic = splitTopicScope(scope)[0] !== undefined;
    const isGroup = scope.endsWith(':*') && known.some((name) => name.startsWith(scope.slice(0, -1)));
    if (isTopic || isGroup || scope === '*' || known.includes(scope)) continue;
    throw new KeywrightError('invalid-input', `there is no scope ${JSON.stringify(scope)}`, {
      hint: `scopes are ${known.join(', ')}, *, NAME:*, publish:TOPICS and subscribe:TOPICS; declare others as "scopes" in keywright.yaml`,
    });
  }
  const granted = [...new Set(scopes)];
  if (granted.length > MAX_SCOPES || granted.join(' ').length > MAX_SCOPES_LENGTH) {
    throw new KeywrightError(
      'invalid-input',
      `more than ${MAX_SCOPES} scopes, or ${MAX_SCOPES_LENGTH} characters of them`,
    );
  }
  return granted;
}

/** An action on MQTT topics. */
export type TopicVerb = 'publish' | 'subscribe';

/** Tells if a client may connect over MQTT. It needs `ingest` or any topic scope. */
export function coversConnect(granted: readonly string[]): boolean {
  return covers(granted, 'ingest') || granted.some((scope) => splitTopicScope(scope)[0] !== undefined);
}

/** Tells if any topic is open. */
export function coversVerb(granted: readonly string[], verb: TopicVerb): boolean {
  const topics = topicsOf(granted, verb);
  return topics === 'open' || topics.length > 0;
}

/**
 * Tells if a topic (or a filter, to subscribe) is open. If the client has topic scopes for the verb, one of them must
 * cover the topic. Otherwise `ingest` opens all topics.
 */
export function coversTopic(granted: readonly string[], verb: TopicVerb, topic: string): boolean {
  if (granted.includes('*')) return true;
  const filters = granted.map(splitTopicScope).filter(([scopeVerb]) => scopeVerb === verb);
  // Topics that begin with $ belong to the broker and show other clients' data. Only a scope that names them opens
  // them.
  if (filters.length === 0) return !topic.startsWith('$') && covers(granted, 'ingest');
  return filters.some(
    ([, filter]) => (filter === '*' && !topic.startsWith('$')) || coversFilter(filter, topic),
  );
}

/**
 * Tells if a text is a valid topic to publish to: not empty, no wildcard, no forbidden character (MQTT 3.1.1 sections
 * 1.5.3 and 4.7).
 */
export function isTopicName(text: string): boolean {
  // U+FFFD stands for octets that are not UTF-8.
  return text.length > 0 && !/[+#\0\ufffd]/.test(text);
}

/** Tells if `filter` matches every topic that `requested` matches (MQTT 3.1.1 section 4.7). */
export function coversFilter(filter: string, requested: string): boolean {
  const wanted = requested.split('/');
  const levels = filter.split('/');
  // [MQTT-4.7.2-1] A leading wildcard does not match topics that begin with $.
  if (requested.startsWith('$') && levels[0] !== wanted[0]) return false;
  for (const [index, level] of levels.entries()) {
    if (level === '#') return true;
    const want = wanted[index];
    if (want === undefined || want === '#') return false;
    if (level !== '+' && level !== want) return false;
  }
  return levels.length === wanted.length;
}

function splitTopicScope(scope: string): [verb: TopicVerb | undefined, filter: string] {
  if (scope.startsWith('publish:')) return ['publish', scope.slice('publish:'.length)];
  if (scope.startsWith('subscribe:')) return ['subscribe', scope.slice('subscribe:'.length)];
  return [undefined, ''];
}

// MQTT 3.1.1 section 4.7.1: a wildcard fills its level, and # ends the filter.
function isTopicFilter(text: string): boolean {
  const levels = text.split('/');
  return levels.every((level, index) => {
    if (level === '#') return index === levels.length - 1;
    return level === '+' || !/[+#]/.test(level);
  });
}
