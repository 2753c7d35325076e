import { executionAsyncResource } from 'node:async_hooks';

const held: object[] = [];

/**
 * Keeps `process.nextTick` fast in a long-lived process. V8 forgets the shape of node's own tick objects if a few full
 * collections find none alive. From then on it makes each of them slowly, at a sixth of a request's time
 * (docs/decisions/0020). One object that stays alive keeps the shape.
 */
export function keepTicksQuick(): void {
  if (held.length === 0) process.nextTick(() => held.push(executionAsyncResource()));
}
