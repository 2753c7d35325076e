import type { MqttLimits } from '../../core/model/mqtt-limits.js';
import type { Message } from './message.js';

class TopicNode {
  children: Map<string, TopicNode> | undefined;
  message: Message | undefined;
}

// The memory that the tree takes for each level of a topic, about.
const LEVEL_BYTES = 200;

/** The memory that a message takes here, about: its topic may have many levels that no other topic has. */
function keptBytes({ size, topic }: Message): number {
  return size + LEVEL_BYTES * (topic.split('/').length - 1);
}

/** The last retained message of each topic. MQTT 5 section 3.3.1.3. */
export class RetainedMessages {
  readonly #limits: MqttLimits;
  readonly #root = new TopicNode();
  readonly #expiring = new Set<Message>();
  #size = 0;
  #octets = 0;

  constructor(limits: MqttLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** Keeps a message in place of its topic's last one; a message without payload takes that away. @returns false if there is no room */
  keep(message: Message): boolean {
    const before = this.#find(message.topic)?.message;
    // [MQTT-3.3.1-6]
    if (message.payload.length === 0) {
      if (before !== undefined) this.#delete(before);
      return true;
    }
    const { retainedMessages, retainedOctets, clientRetainedMessages } = this.#limits;
    const { account } = message;
    const size = keptBytes(message);
    const ofClient = account.retainedMessages - (before?.account === account ? 1 : 0);
    if (this.#size - (before ? 1 : 0) >= retainedMessages || ofClient >= clientRetainedMessages) return false;
    if (this.#octets - (before === undefined ? 0 : keptBytes(before)) + size > retainedOctets) return false;
    if (before !== undefined) this.#forget(before);
    message.own();
    this.#make(message.topic).message = message;
    this.#size += 1;
    this.#octets += size;
    account.retainedMessages += 1;
    if (message.expiresAt !== Number.POSITIVE_INFINITY) this.#expiring.add(message);
    return true;
  }

  /** Takes away the messages that have expired. */
  sweep(now: number): void {
    for (const message of this.#expiring) if (message.expiresAt <= now) this.#delete(message);
  }

  /** The messages that a filter matches; undefined for each step that found none. */
  *match(filter: string): Generator<Message | undefined, void> {
    const levels = filter.split('/');
    const nodes: TopicNode[] = [this.#root];
    const depths: number[] = [0];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const depth = depths.pop() ?? 0;
      const level = levels[depth];
      if (level === undefined || level === '#') yield node.message;
      if (level === undefined || node.children === undefined) continue;
      if (level !== '+' && level !== '#') {
        const child = node.children.get(level);
        if (child !== undefined) {
          nodes.push(child);
          depths.push(depth + 1);
        }
        continue;
      }
      for (const [name, child] of node.children) {
        yield undefined;
        // [MQTT-4.7.2-1]
        if (node === this.#root && name.startsWith('$')) continue;
        nodes.push(child);
        depths.push(level === '#' ? depth : depth + 1);
      }
    }
  }

  #find(topic: string): TopicNode | undefined {
    let node: TopicNode | undefined = this.#root;
    for (const level of topic.split('/')) node = node?.children?.get(level);
    return node;
  }

  #make(topic: string): TopicNode {
    let node = this.#root;
    for (const level of topic.split('/')) {
      node.children ??= new Map();
      const child = node.children.get(level) ?? new TopicNode();
      node.children.set(level, child);
      node = child;
    }
    return node;
  }

  #forget(message: Message): void {
    this.#size -= 1;
    this.#octets -= keptBytes(message);
    message.account.retainedMessages -= 1;
    this.#expiring.delete(message);
  }

  #delete(message: Message): void {
    const levels = message.topic.split('/');
    const path = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.children?.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    const last = path.at(-1);
    if (last?.message !== message) return;
    last.message = undefined;
    this.#forget(message);
    for (let depth = levels.length; depth > 0; depth -= 1) {
      const node = path[depth];
      if (node?.message !== undefined || node?.children !== undefined) break;
      const parent = path[depth - 1];
      parent?.children?.delete(levels[depth - 1] ?? '');
      if (parent?.children?.size === 0) parent.children = undefined;
    }
  }
}
