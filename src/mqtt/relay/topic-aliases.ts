// In characters, of one connection: some brokers allow 65535 aliases, of 64 KiB each.
const MAX_LENGTH = 256 * 1024;

/** Which topics the aliases of a connection stand for at the broker. MQTT 5 section 3.3.2.3.4. */
export class TopicAliases {
  readonly #maximum: number;
  #topics: Map<number, string | null> | undefined;
  #length = 0;

  /** @param maximum how many the broker allows */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Whether the broker allows an alias at all. */
  isAllowed(alias: number): boolean {
    return alias > 0 && alias <= this.#maximum;
  }

  /** null where the packet that set it was not passed on; undefined where none did. */
  topicOf(alias: number): string | null | undefined {
    return this.#topics?.get(alias);
  }

  /** @returns false where that is more than any device has use for */
  set(alias: number, topic: string | null): boolean {
    this.#topics ??= new Map();
    this.#length += (topic?.length ?? 0) - (this.#topics.get(alias)?.length ?? 0);
    this.#topics.set(alias, topic);
    return this.#length <= MAX_LENGTH;
  }
}
