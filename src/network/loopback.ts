/** Tells if a host is this machine itself: `localhost`, or a loopback address as an address or a URL writes it (RFC 6890). */
export function isLoopback(host: string): boolean {
  return /^(localhost|::1|\[::1\]|(::ffff:)?127(\.\d{1,3}){1,3})$/i.test(host);
}
