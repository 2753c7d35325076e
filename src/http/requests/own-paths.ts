import type { PathRule } from '../../core/verify/path-rules.js';

/** Keywright's own paths that gateways and supervisors ask at. */
export const OWN_PATHS = { verify: '/verify', health: '/healthz', readiness: '/readyz' } as const;

interface OwnPath {
  readonly methods: Set<string>;
  readonly segments: readonly string[];
}

/** The list of keywright's own paths, which the routes fill. Every other path is the verifier's. */
export class OwnPaths {
  readonly #paths = new Map<string, OwnPath>();
  #beginnings: readonly string[] = [];
  #near: RegExp | undefined;
  #lent: RegExp | undefined;

  /**
   * Adds a route. A path without parameters is keywright's for the route's methods. `/clients/:id` takes `/clients` and
   * all paths below it, for all methods, and `/callbacks/*` all paths below `/callbacks`. Unknown paths there are 404.
   */
  add(methods: readonly string[], url: string): void {
    const known = this.#paths.get(url);
    const path = known ?? { methods: new Set<string>(), segments: url.split('/') };
    for (const method of methods) path.methods.add(method);
    this.#paths.set(url, path);
    this.#near = undefined;
    const [beginning = '', parameter] = url.split(/(?=[:*])/, 2);
    if (parameter === undefined || this.#beginnings.some((each) => beginning.startsWith(each))) return;
    this.#beginnings = [...this.#beginnings.filter((each) => !each.startsWith(beginning)), beginning];
  }

  /** Leaves paths near its own to the verifier: those that rules name. */
  lend(rules: readonly PathRule[]): void {
    const paths = rules.map(({ segments }) => {
      const end = segments.findIndex((each) => each === '*' || each === '{client}');
      return `/${(end < 0 ? segments : segments.slice(0, end)).join('/')}`;
    });
    this.#lent = beginningWith(paths.filter((path) => this.isNear(path) && !this.#rooms().includes(path)));
  }

  /**
   * Tells if a path is keywright's for a method. Who reads a path that keywright only takes bodies at (`GET /login`) is
   * the verifier's.
   */
  has(method: string, path: string): boolean {
    const own = this.#paths.get(path);
    if (own !== undefined && (own.methods.has(method) || !isReading(method))) return true;
    return this.#beginnings.some((beginning) => path.startsWith(beginning));
  }

  /** Lists the methods that a path takes; empty if it is none of keywright's. */
  methodsOf(path: string): string[] {
    const segments = path.split('/');
    const fitting = [...this.#paths.values()].filter(
      (each) => each.segments.length === segments.length && fits(segments, each.segments),
    );
    const methods = new Set(fitting.flatMap((each) => [...each.methods]));
    if (fitting.length === 0)
      // `/console/*`
      for (const { segments: own, methods: taken } of this.#paths.values())
        if (own.at(-1) === '*' && segments.length >= own.length && fits(segments, own.slice(0, -1)))
          for (const method of taken) methods.add(method);
    return [...methods].sort();
  }

  /** Tells if a path is another spelling of one of keywright's own. @param path canonical */
  isAnotherSpelling(path: string): boolean {
    return this.#paths.has(path) || this.#beginnings.some((beginning) => path.startsWith(beginning));
  }

  /** Tells if a path is beside or below one of keywright's own, and not left to the verifier. @param path canonical */
  isNear(path: string): boolean {
    this.#near ??= beginningWith(this.#rooms());
    return this.#near.test(path) && this.#lent?.test(path) !== true;
  }

  // `/login` has no folder of its own, but `/api/v1/tokens` shares one with its kin.
  #rooms(): string[] {
    return [...this.#paths.keys()].map((url) => {
      const [path = ''] = url.split(/\/[:*]/, 1);
      return path.slice(0, path.lastIndexOf('/')) || path;
    });
  }
}

function fits(segments: readonly string[], own: readonly string[]): boolean {
  return own.every((each, index) =>
    each.startsWith(':') ? segments[index] !== '' : each === segments[index],
  );
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function beginningWith(paths: readonly string[]): RegExp {
  const plain = [...new Set(paths)].map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return plain.length === 0 ? /(?!)/ : new RegExp(`^(?:${plain.join('|')})(?:/|$)`);
}
