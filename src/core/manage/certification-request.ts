import { canonicalClientId, parseClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import type { CertificationRequest } from '../ports/certificate-authority.js';

/** Checks that a request names only `name`, or nothing. @throws KeywrightError `invalid-input` */
export function requireRequestFor(
  { commonName, alternativeNames }: CertificationRequest,
  name: string,
): void {
  if (commonName !== undefined && commonName !== name) {
    throw wrongRequest(
      'has another subject',
      `its subject is empty, or the CN ${JSON.stringify(name)} alone`,
    );
  }
  // DNS names ignore case (RFC 4343).
  if (!alternativeNames.every((other) => other.toLowerCase() === name.toLowerCase())) {
    throw wrongRequest('asks for other names', `it may ask for ${JSON.stringify(name)} alone, or for none`);
  }
}

/** Makes the error that explains a bad request. */
export function wrongRequest(what: string, hint?: string): KeywrightError {
  return new KeywrightError('invalid-input', `the certificate request ${what}`, {
    ...(hint !== undefined && { hint }),
  });
}

/**
 * Finds the client id of a request: its common name, or `told` if it has none.
 * @throws KeywrightError `invalid-input`
 */
export function requestedClientId(request: CertificationRequest, told: string | undefined): string {
  const named = told ?? request.commonName;
  if (named === undefined)
    throw wrongRequest('has no subject', 'name the client with --id, or make one with -subj /CN=ID');
  const id = parseClientId(named);
  // The two may differ in case only.
  const commonName =
    request.commonName && canonicalClientId(request.commonName) === id ? id : request.commonName;
  requireRequestFor({ ...request, commonName }, id);
  return id;
}
