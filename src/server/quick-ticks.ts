import { executionAsyncResource } from 'node:async_hooks';

const held: object[] = [];

/**
 * Keeps `process.nextTick` quick in a process that lives long. V8 forgets the shape of node's own tick objects when a few
 * full collections find none alive, and from then on makes every one of them slowly: a sixth of a request's time
 * (docs/performance.md). One that is held keeps the shape.
 */
export function keepTicksQuick(): void {
  if (held.length === 0) process.nextTick(() => held.push(executionAsyncResource()));
}
