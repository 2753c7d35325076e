import { ApiError } from '../api/api-error.js';
import { makeStore } from '../kit/store.js';

interface Wait {
  readonly done: Promise<void>;
  readonly finish: () => void;
  readonly giveUp: (error: Error) => void;
}

/** Set while the page waits for its user to sign in again. The dialog for it lies over the page, so that nothing typed is lost. */
export const signInWait = makeStore<Wait | undefined>(undefined);

let count = 0;

/** How often the user has signed in again so far, here or in another tab. */
export const timesSignedIn = () => count;

/** Ends the wait: the user has signed in again. */
export function hasSignedIn(): void {
  count += 1;
  signInWait.get()?.finish();
}

/** True while the page signs in by itself: nobody is asked meanwhile. */
export const signingIn = makeStore(false);

/**
 * Waits until the user has signed in again.
 * @throws ApiError if the user would rather not
 */
export function signedInAgain(): Promise<void> {
  const waiting = signInWait.get();
  if (waiting !== undefined) return waiting.done;
  const { promise, resolve, reject } = withResolvers();
  signInWait.set({
    done: promise,
    finish: () => {
      signInWait.set(undefined);
      resolve();
    },
    giveUp: reject,
  });
  return promise;
}

/** Gives up waiting: the user has signed out. */
export function stopWaiting(): void {
  const waiting = signInWait.get();
  signInWait.set(undefined);
  waiting?.giveUp(notSignedIn());
}

export function notSignedIn(): ApiError {
  return new ApiError({ status: 401, detail: 'You are not signed in: nothing was changed.' });
}

function withResolvers() {
  let resolve = () => {};
  let reject = (_error: Error) => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
