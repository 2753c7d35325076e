/** Reads the eight 16-bit words of an IPv6 address in any textual form, without its zone. */
export function ipv6Words(address: string): readonly number[] {
  // URL turns every form (zeros, dotted tails) into hexadecimal words with one gap at most.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::');
  const words = (text: string) =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [words(head), words(tail)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
