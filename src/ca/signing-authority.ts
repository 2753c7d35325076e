import { hash, type KeyObject, type X509Certificate } from 'node:crypto';
import { wrongRequest } from '../core/manage/certification-request.js';
import { clientUrn } from '../core/model/client-id.js';
import { keyAlgorithmOf } from '../core/model/key-algorithm.js';
import { wholeSeconds } from '../core/model/time.js';
import type {
  CertificateAuthority,
  ClientCertificateRequest,
  IssuedCertificate,
  ServerCertificateRequest,
} from '../core/ports/certificate-authority.js';
import { certificateFingerprint } from '../core/verify/presentation.js';
import { certificatePem } from './pem.js';
import { readRequest } from './request.js';
import { unusable } from './unusable.js';
import { type AlternativeName, issuerOf, type SignedCertificate, signCertificate, spki } from './x509.js';

/** How a CA issues. */
export interface IssuingTerms {
  /** How much earlier than now a certificate begins, for peers whose clocks are behind. */
  readonly backdateMs?: number | undefined;
}

/** Makes a CA of its certificate and its key. @throws KeywrightError `ca-unusable` if the key is of an unknown type */
export function signingAuthority(
  certificate: X509Certificate,
  privateKey: KeyObject,
  { backdateMs = 0 }: IssuingTerms,
): CertificateAuthority {
  const issuer = issuerOf(certificate, privateKey);
  const ownKey = certificate.publicKey;
  const algorithm = keyAlgorithmOf(privateKey);
  if (algorithm === undefined) throw unusable('the CA key is of a type that keywright does not use');
  const notBefore = Date.parse(certificate.validFrom);
  return {
    certificate: certificate.toString(),
    fingerprint: certificateFingerprint(certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    serial: certificate.serialNumber.toLowerCase(),
    notBefore,
    notAfter: Date.parse(certificate.validTo),
    algorithm,
    beginningAt: (now) => Math.max(notBefore, wholeSeconds(now - backdateMs)),
    issueClient(request) {
      // Whoever asks would hold the CA's private key, or has copied a request of its holder's.
      if (request.publicKey.equals(ownKey)) throw wrongRequest('has the key of the CA itself');
      return issued(signCertificate(clientTemplate(request), issuer));
    },
    readRequest,
    issueServer: (request) => issued(signCertificate(serverTemplate(request), issuer)),
  };
}

function clientTemplate({
  clientId,
  publicKey,
  publicKeyDer,
  notBefore,
  notAfter,
}: ClientCertificateRequest) {
  const uri: AlternativeName = { kind: 'uri', value: clientUrn(clientId) };
  const names = isDnsName(clientId) ? [{ kind: 'dns' as const, value: clientId }, uri] : [uri];
  const subject = [{ type: 'CN' as const, value: clientId }];
  const subjectKey = publicKeyDer ?? spki(publicKey);
  return { profile: 'client' as const, subject, subjectKey, notBefore, notAfter, alternativeNames: names };
}

function serverTemplate({ names, publicKey, notBefore, notAfter }: ServerCertificateRequest) {
  const subject = [{ type: 'CN' as const, value: 'keywright server' }];
  const subjectKey = spki(publicKey);
  return { profile: 'server' as const, subject, subjectKey, notBefore, notAfter, alternativeNames: names };
}

// RFC 1123 section 2.1: letters, digits and inner hyphens in labels of at most 63.
function isDnsName(text: string): boolean {
  return text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
}

function issued({ der, serial }: SignedCertificate): IssuedCertificate {
  return { pem: certificatePem(der), serial, fingerprint: hash('sha256', der, 'hex') };
}
