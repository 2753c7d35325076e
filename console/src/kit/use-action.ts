import { useRef, useState } from 'preact/hooks';

/**
 * Something that a person sets off: whether it is going on, and how it failed. What it returns is kept nowhere, as it may be a secret. A second
 * call while the first goes on does nothing.
 */
export function useAction<Args extends unknown[], Result>(run: (...args: Args) => Promise<Result>) {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const busy = useRef(false);
  return {
    pending,
    error,
    clear: () => setError(undefined),
    async start(...args: Args): Promise<{ result: Result } | undefined> {
      if (busy.current) return undefined;
      busy.current = true;
      setPending(true);
      setError(undefined);
      try {
        return { result: await run(...args) };
      } catch (failure) {
        setError(failure);
        return undefined;
      } finally {
        busy.current = false;
        setPending(false);
      }
    },
  };
}
