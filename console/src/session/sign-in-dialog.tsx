import { Dialog } from '../kit/dialog.js';
import { useStore } from '../kit/store.js';
import { hasSignedIn, notSignedIn, signInWait, signingIn } from './sign-in-again.js';
import { SignInForm } from './sign-in-form.js';

/** Asks for the password over the page when the session has ended. The page below stays as it is; what it was about to do then goes on. */
export function SignInDialog({ user: before }: { user: string }) {
  const wait = useStore(signInWait);
  const isSigningIn = useStore(signingIn);
  if (wait === undefined || isSigningIn) return null;
  return (
    <Dialog
      title="Sign in again"
      onClose={() => {
        signInWait.set(undefined);
        wait.giveUp(notSignedIn());
      }}
    >
      <p>Your session has ended. Nothing that you typed is lost.</p>
      <SignInForm
        user={before}
        onSignedIn={(me) => {
          if (me.user.id === before) hasSignedIn();
          // What is in the page is the other one's.
          else location.reload();
        }}
      />
    </Dialog>
  );
}
