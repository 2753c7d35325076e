import { canonicalClientId, parseClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import type { CertificationRequest } from '../ports/certificate-authority.js';

/** Checks that a request is for that name and no other, or for none. @throws KeywrightError `invalid-input` */
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
  // RFC 4343: case makes no difference to DNS names.
  if (!alternativeNames.every((other) => other.toLowerCase() === name.toLowerCase())) {
    throw wrongRequest('asks for other names', `it may ask for ${JSON.stringify(name)} alone, or for none`);
  }
}

/** The error that says what is the matter with a request. */
export function wrongRequest(what: string, hint?: string): KeywrightError {
  return new KeywrightError('invalid-input', `the certificate request ${what}`, {
    ...(hint !== undefined && { hint }),
  });
}

/** The client that a request is for: its common name, or the id that is told where it has none. @throws KeywrightError `invalid-input` */
export function requestedClientId(request: CertificationRequest, told: string | undefined): string {
  const named = told ?? request.commonName;
  if (named === undefined)
    throw wrongRequest('has no subject', 'name the client with --id, or make one with -subj /CN=ID');
  const id = parseClientId(named);
  // What is told may be written otherwise, but must be the same.
  const commonName =
    request.commonName && canonicalClientId(request.commonName) === id ? id : request.commonName;
  requireRequestFor({ ...request, commonName }, id);
  return id;
}
