/** The PEM texts of a TLS listener, with the CA whose client certificates it asks for. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

/** The part of a TLS listener's options that is renewed while it listens. */
export function secureContext({ certificate, privateKey, authority }: TlsMaterial) {
  return { cert: certificate, key: privateKey, ca: authority, minVersion: 'TLSv1.2' } as const;
}

/**
 * Options of a TLS listener that asks for client certificates. Unless it demands them, the handshake lets everybody through, and
 * whoever verifies the client checks the certificate.
 */
export function tlsOptions(
  material: TlsMaterial,
  { demandsCertificate }: { readonly demandsCertificate: boolean },
) {
  return { ...secureContext(material), requestCert: true, rejectUnauthorized: demandsCertificate };
}
