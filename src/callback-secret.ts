import { KeywrightError } from './core/errors.js';
import { checkSharedSecret, readSharedSecret } from './disk/secret-file.js';
import type { ServeSettings } from './settings.js';

/** What callers of call-backs present; undefined where only this machine may call. @throws KeywrightError `invalid-input`, `io` */
export async function callbackSecretOf({
  callbackSecret,
  callbackSecretFile,
}: Pick<ServeSettings, 'callbackSecret' | 'callbackSecretFile'>): Promise<string | undefined> {
  if (callbackSecret === undefined) return callbackSecretFile && readSharedSecret(callbackSecretFile);
  if (callbackSecretFile === undefined) return checkSharedSecret(callbackSecret, 'KEYWRIGHT_CALLBACK_SECRET');
  throw new KeywrightError('invalid-input', 'the secret of call-backs is given twice', {
    hint: 'use KEYWRIGHT_CALLBACK_SECRET or a callback-secret-file',
  });
}
