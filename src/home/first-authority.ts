import { KeywrightError } from '../core/model/errors.js';
import { formatTime } from '../core/model/time.js';
import type { CertificateAuthority } from '../core/ports/certificate-authority.js';
import type { KeyStore } from '../core/ports/key-store.js';

export interface FirstAuthorityOptions {
  readonly home: string;
  readonly keyStore: KeyStore;
  readonly existingAuthority: () => Promise<CertificateAuthority | undefined>;
  /** Makes the CA of a new home. @throws KeywrightError `already-exists` if another process was first */
  readonly make: () => Promise<CertificateAuthority>;
  readonly notice: (text: string) => void;
}

/**
 * Returns the home's CA. On a new home, it makes one.
 * @throws KeywrightError `ca-unusable` if the home has lost its CA
 */
export async function firstAuthority(options: FirstAuthorityOptions): Promise<CertificateAuthority> {
  const authority = (await options.existingAuthority()) ?? (await makeFirst(options));
  if (authority === undefined) throw new KeywrightError('ca-unusable', `the CA of ${options.home} went away`);
  return authority;
}

async function makeFirst({ home, keyStore, existingAuthority, make, notice }: FirstAuthorityOptions) {
  // Certificates without their CA are the remains of a home. A new CA would hide the loss, and would not know them.
  if ((await keyStore.certificates.page({ limit: 1 })).length > 0) {
    const other = await existingAuthority();
    if (other !== undefined) return other;
    throw new KeywrightError(
      'ca-unusable',
      `the home ${home} has certificates but no CA: ${home}/ca is missing`,
      {
        hint: 'put it back from a backup, or make a new one with: keywright ca init',
      },
    );
  }
  try {
    const made = await make();
    notice(`made a new CA in ${home}/ca, valid until ${formatTime(made.notAfter)}`);
    return made;
  } catch (error) {
    if (error instanceof KeywrightError && error.code === 'already-exists') return existingAuthority();
    throw error;
  }
}
