import { randomBytes } from 'node:crypto';
import { apiKeyId, deleteApiKey } from '../core/manage/api-keys.js';
import { registerApiKey } from '../core/manage/register-api-key.js';
import { KeywrightError } from '../core/model/errors.js';
import { addDuration } from '../core/model/time.js';
import type { Home } from '../home/open-home.js';
import type { Answer, Probe } from '../integrate/integration.js';
import { send } from '../integrate/replay.js';
import { management } from './services.js';

// A server on another machine sees a new client within a second.
const KNOWN_WITHIN_MS = 2_000;
const ASK_AGAIN_MS = 100;

/** Registers a client that lasts a few minutes, runs `use` with it, and removes it again. */
export async function withProbe<T>(
  { home, url, secret }: { readonly home: Home; readonly url: string; readonly secret: string | undefined },
  use: (probe: Probe, isOwnAddress: boolean) => Promise<T>,
): Promise<T> {
  const services = { ...management(home), hashSecret: await home.hashSecret() };
  const { client, credential, key } = await registerApiKey(services, {
    newClientId: `integrate-test-${randomBytes(4).toString('hex')}`,
    label: 'integrate --test',
    scopes: ['ingest'],
    expiresAt: addDuration(home.clock.now(), '10m'),
    prefix: (await home.settings()).keyPrefix,
  });
  let removed: Promise<void> | undefined;
  const remove = () => {
    removed ??= deleteApiKey(services, apiKeyId(client, credential));
    return removed;
  };
  const stop = (signal: NodeJS.Signals) => void remove().finally(() => process.exit(SIGNAL_CODES[signal]));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const isOwnAddress = await known(url, key);
    return await use({ clientId: client.id, apiKey: key, secret }, isOwnAddress);
  } finally {
    await remove();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

// Shells report these exit codes for a program that the signal ended.
const SIGNAL_CODES: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Waits until the key is known. @returns true if keywright itself answers at this address */
async function known(url: string, key: string): Promise<boolean> {
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  let answer: Answer;
  do {
    answer = await send(url, { method: 'GET', path: '/verify', headers: { 'x-api-key': key } });
    // A gateway passes what it lets in on to an application, which answers in its own way.
    if (answer.status === 200) return answer.headers.has('x-auth-subject') && answer.body === '';
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  } while (performance.now() < deadline);
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    throw new KeywrightError(
      'refused',
      `${url} is not keywright's own address: ${answer.status} is not of its kind`,
      {
        hint: 'name the address that keywright serve listens on, not that of a gateway in front of it',
      },
    );
  }
  throw new KeywrightError('refused', `what answers at ${url} does not take a key of this home`, {
    hint: 'start keywright serve with the same --home, or name another with --home',
  });
}
