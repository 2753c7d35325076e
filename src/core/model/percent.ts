/** Decodes the percent-encoded ASCII characters of a path. Other characters stay as they are. */
export function decodeAscii(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
