import type { Server, TLSSocket } from 'node:tls';

/** The PEM texts of a TLS listener, with the CA whose client certificates it asks for. */
export interface TlsMaterial {
  /** One for each kind of key: each client gets the one that it can use. */
  readonly certificates: readonly string[];
  readonly privateKeys: readonly string[];
  readonly authority: string;
}

/** The part of a TLS listener's options that is renewed while it listens. */
export function secureContext({ certificates, privateKeys, authority }: TlsMaterial) {
  const minVersion = 'TLSv1.2' as const;
  return { cert: [...certificates], key: [...privateKeys], ca: authority, minVersion };
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

/**
 * Tells if the CA issued the peer's certificate. Whether one has begun that TLS finds too early is for the verifier to say,
 * which knows the certificate itself by its fingerprint.
 */
export function isFromOurCa(socket: TLSSocket): boolean {
  // A string, though its type says otherwise.
  return socket.authorized || String(socket.authorizationError) === 'CERT_NOT_YET_VALID';
}

/**
 * Lets a connection go on to its answer though its client certificate has a bad signature. OpenSSL leaves the error of that
 * in its queue, and node takes it for one of the next read, which ends the connection. Reading the certificate empties the queue.
 */
export function answerBadSignatures(server: Pick<Server, 'prependListener'>): void {
  server.prependListener('secureConnection', (socket) => {
    if (!socket.authorized) socket.getPeerX509Certificate();
  });
}
