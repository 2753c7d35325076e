import { sign } from 'node:crypto';
import { wrongRequest } from '../core/manage/certification-request.js';
import type { KeyPair } from '../core/model/key-algorithm.js';
import type { CertificationRequest } from '../core/ports/certificate-authority.js';
import { children, contentOf, der, type Node, parseDer, tagOf } from './der.js';
import { requestPem } from './pem.js';
import { readExtensions } from './request-extensions.js';
import { readPublicKey } from './request-key.js';
import { requestSignatureHolds } from './request-signature.js';
import { readSubject } from './request-subject.js';
import { requestDer } from './request-text.js';
import { bitString, explicit, integer, sequence } from './write-der.js';
import { name, signatureAlgorithm, spki } from './x509.js';

// An RSA-4096 request with a few names has 2 KiB.
const MAX_LENGTH = 16 * 1024;

/**
 * Reads a PKCS#10 request (RFC 2986) in PEM or DER, and checks that it is signed by its own private key.
 * @throws KeywrightError `invalid-input`, which names the fault, if it cannot be taken
 */
export function readRequest(given: string | Buffer): CertificationRequest {
  const input = Buffer.from(given);
  if (input.length > MAX_LENGTH) throw wrongRequest(`is longer than ${MAX_LENGTH} octets`);
  const [info, algorithm, signature, ...more] = fields(parseDer(requestDer(input) ?? Buffer.of()));
  const [version, subject, key, attributes, ...rest] = fields(info);
  const isWhole = info && fields(algorithm).length > 0 && algorithm && signature && version && subject && key;
  if (!isWhole || more.length > 0 || rest.length > 0 || !contentOf(version).equals(Buffer.of(0))) {
    throw wrongRequest('is not one', 'give one PKCS#10 request, in PEM or DER');
  }
  const publicKey = readPublicKey(key);
  if (!requestSignatureHolds({ publicKey, info: der(info), algorithm, signature }))
    throw wrongRequest(
      'is not signed by its own key',
      'or by an algorithm of no use: sign it with SHA-256 or better',
    );
  return { publicKey, ...readSubject(subject), alternativeNames: readExtensions(attributes) };
}

/** Makes a request in PEM. It has no CN if the name is too long for one. */
export function signRequest(commonName: string, { publicKey, privateKey }: KeyPair): string {
  // RFC 5280 appendix A.1, ub-common-name
  const subject = commonName.length > 64 ? [] : [{ type: 'CN' as const, value: commonName }];
  const info = sequence(integer(Buffer.of(0)), name(subject), spki(publicKey), explicit(0));
  const { identifier, digest } = signatureAlgorithm(privateKey);
  const signature = sign(digest, info, privateKey);
  return requestPem(sequence(info, identifier, bitString(signature)));
}

const SEQUENCE = 16;

function fields(node: Node | undefined): Node[] {
  return node && tagOf(node).universal === SEQUENCE ? children(node) : [];
}
