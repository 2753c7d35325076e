import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { soundTime } from '../core/model/sound-time.js';
import type { Clock } from '../core/ports/clock.js';
import type { KeyStore } from '../core/ports/key-store.js';
import { prepareHome } from '../disk/home.js';
import { createSecret, readSecret } from '../disk/secret-file.js';

/**
 * Reads the key of the keyed hash. It makes the key if the key store holds no secret yet.
 * @throws KeywrightError `wrong-clock`; `store-corrupt` if the store holds secrets but the key is gone
 */
export async function hashingKey(home: string, keyStore: KeyStore, clock: Clock): Promise<Buffer> {
  const path = join(home, 'hmac.key');
  const found = await readSecret(path);
  if (found !== undefined) return found;
  if (!(await keyStore.keepsSecrets())) {
    soundTime(clock.now());
    await prepareHome(home);
    await createSecret(path);
  }
  // Another process may have made the key meanwhile. If not, the key is lost, and a new one would recognise no API key.
  const key = await readSecret(path);
  if (key === undefined) {
    throw new KeywrightError('store-corrupt', `${path} is missing, without which no API key is recognised`, {
      hint: 'put it back from a backup',
    });
  }
  return key;
}
