// Characters of all aliases of a connection: some brokers allow 65535 aliases, of 64 KiB each.
const MAX_LENGTH = 256 * 1024;

/** The topics that the aliases of a connection stand for at the broker. MQTT 5 section 3.3.2.3.4. */
export class TopicAliases {
  readonly #maximum: number;
  #topics: Map<number, string | null> | undefined;
  #length = 0;

  /** @param maximum the number of aliases that the broker allows */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** True if the broker allows this alias. */
  isAllowed(alias: number): boolean {
    return alias > 0 && alias <= this.#maximum;
  }

  /** The topic; null if the packet that set the alias was not passed on, undefined if none did. */
  topicOf(alias: number): string | null | undefined {
    return this.#topics?.get(alias);
  }

  /** @returns false if that is more than any device needs */
  set(alias: number, topic: string | null): boolean {
    this.#topics ??= new Map();
    this.#length += (topic?.length ?? 0) - (this.#topics.get(alias)?.length ?? 0);
    this.#topics.set(alias, topic);
    return this.#length <= MAX_LENGTH;
  }
}
