import { Link } from 'wouter-preact';
import { Code } from '../../kit/command-hint.js';

/** What a home without clients leads to: make a key, and see it used. The page itself turns when the first request comes in. */
export function FirstSteps({
  hasClients,
  origin = location.origin,
}: {
  hasClients: boolean;
  origin?: string;
}) {
  return (
    <section class="card first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">First steps</h2>
      <ol>
        <li class="done">
          <h3>Make a user</h3>
          <p class="muted">That is you.</p>
        </li>
        <li class={hasClients ? 'done' : ''}>
          <h3>Make a key</h3>
          {hasClients ? (
            <p class="muted">Done.</p>
          ) : (
            <>
              <p>For a device with a certificate and a token, or a plain API key for a service.</p>
              <div class="buttons">
                <Link href="/new-key" class="button primary">
                  Generate the first key
                </Link>
                <Link href="/tokens">or make an API key</Link>
              </div>
            </>
          )}
        </li>
        <li>
          <h3>See it used</h3>
          <p>Present it to this server. As soon as the first request comes in, this page shows it.</p>
          <Code text={`curl -i -H "X-API-Key: …" ${origin}/`} what="the command" />
          <p class="muted" role="status">
            Waiting for the first request…
          </p>
        </li>
      </ol>
    </section>
  );
}
