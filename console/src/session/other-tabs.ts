import type { Me } from '../api/types.js';
import { held } from '../kit/hold.js';
import { hasSignedIn, signedInAgain } from './sign-in-again.js';

const channel = new BroadcastChannel('keywright-session');

/** Tells the other tabs of this browser who is signed in now. They share the cookie, so what they do would be done by this user. */
export function tellOtherTabs(me: Me | null): void {
  channel.postMessage(me?.user.id ?? null);
}

/** Follows what other tabs tell. `known` says who is signed in as far as this tab knows. */
export function hearOtherTabs({
  known,
  askAgain,
}: {
  known: () => Me | null | undefined;
  /** Asks the server who is signed in. */
  askAgain: () => void;
}): void {
  channel.addEventListener('message', ({ data: user }: MessageEvent<string | null>) => {
    const here = known();
    if (!here) askAgain();
    else if (user === null) signedInAgain().catch(() => {});
    else if (user === here.user.id) hasSignedIn();
    // What is in this page is another one's. A secret that is not saved is asked about by the browser.
    else if (!held.get()) location.reload();
  });
}
