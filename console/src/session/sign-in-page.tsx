import { Link } from 'wouter-preact';
import { Code } from '../kit/command-hint.js';
import { Brand } from '../shell/brand.js';
import { SignInForm } from './sign-in-form.js';

/** What those see who are not signed in. */
export function SignInPage({ firstVisit }: { firstVisit: boolean }) {
  return (
    <main class="alone">
      <Brand />
      <h1>Sign in</h1>
      {firstVisit ? (
        <>
          <p>
            Nobody can sign in yet: this installation has no users. Make the first one by the link that{' '}
            <code>keywright serve</code> printed when it started, or that this prints:
          </p>
          <Code text="keywright console" what="the command" />
          <p>
            <Link href="/first">I have the link</Link>
          </p>
        </>
      ) : (
        <SignInForm onSignedIn={() => {}} />
      )}
    </main>
  );
}
