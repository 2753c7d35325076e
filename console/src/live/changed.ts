type Key = readonly unknown[];

const LISTS: Record<string, readonly Key[]> = {
  client: [['clients'], ['tokens'], ['users']],
  certificate: [['clients'], ['server']],
  'api-key': [['clients'], ['tokens']],
  user: [['users'], ['clients']],
  session: [['sessions'], ['users']],
  'provisioning-key': [['provisioning']],
};

/**
 * What the page asked the server about what has changed, as the keys of its queries: lists by their name, one thing by name and id. The overview
 * counts all of them, and each change is a line of the audit log.
 */
export function queriesOf({ kind }: { readonly kind: string }): readonly Key[] {
  return [...(LISTS[kind] ?? []), ['overview'], ['audit']];
}
