import { makeKeyPair } from '../core/model/key-algorithm.js';
import type { CertificationRequest } from '../core/ports/certificate-authority.js';

/**
 * Reads a certification request and checks its proof of possession, without a CA.
 * @throws KeywrightError `invalid-input`
 */
export async function readCertificateRequest(request: Buffer): Promise<CertificationRequest> {
  const { readRequest } = await import('../ca/request.js');
  return readRequest(request);
}

/** Makes a key pair and a certification request for it (PKCS#10, PEM). */
export async function makeCertificateRequest(
  commonName: string,
): Promise<{ readonly privateKey: string; readonly request: string }> {
  const { signRequest } = await import('../ca/request.js');
  const keys = await makeKeyPair('ec-p256');
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { privateKey, request: signRequest(commonName, keys) };
}
