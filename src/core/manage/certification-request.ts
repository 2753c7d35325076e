import { canonicalClientId, clientUrn, parseClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import type { CertificationRequest } from '../ports/certificate-authority.js';

/** Checks that a request names only `name`, or nothing. @throws KeywrightError `invalid-input` */
export function requireRequestFor(request: CertificationRequest, name: string): void {
  if (request.otherAttributes.length > 0)
    throw wrongRequest('has a subject of more than a CN', 'its subject is empty, or one CN');
  requireNames(request, name);
}

/**
 * Finds the client id of a request: `told`, or its common name.
 * @throws KeywrightError `invalid-input` if it names anybody else, or more than that and no id is told
 */
export function requestedClientId(request: CertificationRequest, told: string | undefined): string {
  const { commonName, otherAttributes, alternativeNames } = request;
  const isOdd = otherAttributes.length > 0 && (told === undefined || otherAttributes.includes('CN'));
  if (isOdd) throw wrongRequest('has a subject of more than a CN', TELL);
  const named = told ?? commonName;
  if (named === undefined) throw wrongRequest('has no subject', TELL);
  const id = parseClientId(named);
  requireNames(
    {
      // The two may differ in case only.
      commonName: commonName && canonicalClientId(commonName) === id ? id : commonName,
      // A request that was made from the client's certificate repeats its names.
      alternativeNames: alternativeNames.filter((name) => name !== `uri:${clientUrn(id)}`),
    },
    id,
  );
  return id;
}

const TELL =
  'name the client with --id, which takes any subject without another CN; or make a request with -subj /CN=ID';

function requireNames(
  { commonName, alternativeNames }: Pick<CertificationRequest, 'commonName' | 'alternativeNames'>,
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
