/** Which topics the aliases of a connection stand for at the broker. MQTT 5 section 3.3.2.3.4. */
export interface TopicAliases {
  /** Whether the broker allows an alias at all. */
  isAllowed(alias: number): boolean;
  /** null where the packet that set it was not passed on; undefined where none did. */
  topicOf(alias: number): string | null | undefined;
  /** @returns false where that is more than any device has use for */
  set(alias: number, topic: string | null): boolean;
}

// In characters, of one connection: some brokers allow 65535 aliases, of 64 KiB each.
const MAX_LENGTH = 256 * 1024;

export function createTopicAliases(maximum: number): TopicAliases {
  const topics = new Map<number, string | null>();
  let length = 0;
  return {
    isAllowed: (alias) => alias > 0 && alias <= maximum,
    topicOf: (alias) => topics.get(alias),
    set: (alias, topic) => {
      length += (topic?.length ?? 0) - (topics.get(alias)?.length ?? 0);
      topics.set(alias, topic);
      return length <= MAX_LENGTH;
    },
  };
}
