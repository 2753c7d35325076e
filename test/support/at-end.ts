import { afterAll, beforeAll, onTestFinished } from 'vitest';

type Ending = () => unknown;

let shared: Ending[] | undefined;

/** Does something when the test ends, or when the tests end that share what is being made. */
export function atEnd(ending: Ending): void {
  if (shared === undefined) onTestFinished(async () => void (await ending()));
  else shared.push(ending);
}

/** Makes something once for all tests of a `describe`. @returns what gives it to a test */
export function sharedByTests<T>(make: () => Promise<T>): () => T {
  let made: { readonly value: T } | undefined;
  const endings: Ending[] = [];
  beforeAll(async () => {
    shared = endings;
    try {
      made = { value: await make() };
    } finally {
      shared = undefined;
    }
  });
  afterAll(async () => {
    for (const ending of endings.reverse()) await ending();
  });
  return () => {
    if (made === undefined) throw new Error('it is made before the tests, and only there');
    return made.value;
  };
}
