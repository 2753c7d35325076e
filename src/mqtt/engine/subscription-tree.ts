/** A session's wish for the messages that a filter matches. */
export interface Subscription<S> {
  readonly session: S;
  /** Without the share in front. */
  readonly filter: string;
  /** The name of the group that it is shared with, MQTT 5 section 4.8.2; undefined for a subscription of one's own. */
  readonly share: string | undefined;
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0 for none. */
  readonly id: number;
}

/** The subscriptions of one filter. */
export class FilterNode<S> {
  children: Map<string, FilterNode<S>> | undefined;
  own: Map<S, Subscription<S>> | undefined;
  /** The groups by their names. One session of each group gets a message. */
  shared: Map<string, Map<S, Subscription<S>>> | undefined;

  get isEmpty(): boolean {
    return this.children === undefined && this.own === undefined && this.shared === undefined;
  }
}

/** All subscriptions, by the levels of their filters. MQTT 5 section 4.7. */
export class SubscriptionTree<S> {
  readonly #root = new FilterNode<S>();

  /** Puts a subscription in the place of the session's one for the same filter and share. */
  add(subscription: Subscription<S>): void {
    const { session, filter, share } = subscription;
    let node = this.#root;
    for (const level of filter.split('/')) {
      node.children ??= new Map();
      const child = node.children.get(level) ?? new FilterNode();
      node.children.set(level, child);
      node = child;
    }
    if (share === undefined) {
      node.own ??= new Map();
      node.own.set(session, subscription);
      return;
    }
    node.shared ??= new Map();
    const group = node.shared.get(share) ?? new Map<S, Subscription<S>>();
    node.shared.set(share, group.set(session, subscription));
  }

  delete({ session, filter, share }: Subscription<S>): void {
    const levels = filter.split('/');
    const path = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.children?.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    const node = path.at(-1);
    if (node !== undefined) remove(node, session, share);
    // Nodes with nothing left below them go, up to the root.
    for (let depth = levels.length; depth > 0 && path[depth]?.isEmpty; depth -= 1) {
      const parent = path[depth - 1];
      parent?.children?.delete(levels[depth - 1] ?? '');
      if (parent?.children?.size === 0) parent.children = undefined;
    }
  }

  match(topic: string): Match<S> {
    return new Match(this.#root, topic);
  }
}

/** The filters that match a topic, one after the other; no recursion, so that it can be left off anywhere. */
export class Match<S> {
  readonly #levels: readonly string[];
  readonly #isOfBroker: boolean;
  /** The nodes that are still to be looked at; `#depths` has the number of levels above each. */
  readonly #nodes: FilterNode<S>[];
  readonly #depths: number[] = [0];

  constructor(root: FilterNode<S>, topic: string) {
    this.#levels = topic.split('/');
    // [MQTT-4.7.2-1] a leading wildcard does not match topics that begin with $
    this.#isOfBroker = topic.startsWith('$');
    this.#nodes = [root];
  }

  /** Takes one step. @returns a filter's node, 'none yet', or undefined at the end */
  next(): FilterNode<S> | 'none yet' | undefined {
    const node = this.#nodes.pop();
    if (node === undefined) return undefined;
    const depth = this.#depths.pop() ?? 0;
    if (depth < 0) return node;
    const { children } = node;
    if (children !== undefined) {
      const level = this.#levels[depth];
      const matchesAny = depth > 0 || !this.#isOfBroker;
      if (level !== undefined) {
        this.#push(children.get(level), depth + 1);
        if (matchesAny) this.#push(children.get('+'), depth + 1);
      }
      // # also stands for no level at all.
      if (matchesAny) this.#push(children.get('#'), -1);
    }
    return depth === this.#levels.length ? node : 'none yet';
  }

  #push(node: FilterNode<S> | undefined, depth: number): void {
    if (node === undefined) return;
    this.#nodes.push(node);
    this.#depths.push(depth);
  }
}

function remove<S>(node: FilterNode<S>, session: S, share: string | undefined): void {
  if (share === undefined) {
    node.own?.delete(session);
    if (node.own?.size === 0) node.own = undefined;
    return;
  }
  const group = node.shared?.get(share);
  group?.delete(session);
  if (group?.size === 0) node.shared?.delete(share);
  if (node.shared?.size === 0) node.shared = undefined;
}
