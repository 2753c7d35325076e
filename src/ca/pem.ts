/** Writes a value in PEM (RFC 7468). */
function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

export function certificatePem(der: Buffer): string {
  return pem('CERTIFICATE', der);
}

export function requestPem(der: Buffer): string {
  return pem('CERTIFICATE REQUEST', der);
}
