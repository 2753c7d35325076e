import { KeywrightError } from '../core/model/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that ends only where it is whole. A signal aborts `stop`, by which the work finds a place to end; the
 * process ends by the signal when the work has ended.
 */
export async function heldSignals<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    received = signal;
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (received !== undefined) process.kill(process.pid, received);
  }
}

/** Rejects when a signal has come. @throws KeywrightError `cancelled` */
export function cancelled(stop: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const cancel = () => reject(new KeywrightError('cancelled', 'cancelled'));
    if (stop.aborted) cancel();
    else stop.addEventListener('abort', cancel, { once: true });
  });
}
