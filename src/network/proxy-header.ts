import { isIPv4, isIPv6, SocketAddress } from 'node:net';

// The PROXY protocol, versions 1 and 2, as HAProxy's proxy-protocol.txt has it; numbers in brackets are its sections.

/** The address at the other side of a proxy. */
export interface ProxiedSource {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

/** The header at the beginning of some bytes. */
export type ProxyHeader =
  | { readonly outcome: 'incomplete' }
  | { readonly outcome: 'invalid'; readonly because: string }
  /** The header has `length` bytes. It has no source if the connection is the proxy's own, or the proxy does not know the source. */
  | { readonly outcome: 'complete'; readonly length: number; readonly source: ProxiedSource | undefined };

/** Reads the header, and refuses it as soon as it cannot become one. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (isBeginning(bytes, V2_SIGNATURE)) return parseBinary(bytes);
  if (isBeginning(bytes, V1_SIGNATURE)) return parseLine(bytes);
  // [2.2] otherwise the protocol is not covered by this specification and the connection must be dropped
  return invalid('there is none');
}

// [2.1] "PROXY", and exactly one space
const V1_SIGNATURE = Buffer.from('PROXY ');
const V1_LONGEST = 107;

// [2.1] canonical addresses, and ports without heading zeroes
const V1_LINE = /^PROXY (?:UNKNOWN(?: .*)?|(TCP[46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))$/;

const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const V2_FIXED = 16;
// The longest addresses have 216 bytes, and the fields that proxies put behind them a few hundred.
const V2_LONGEST_REST = 2048;

function parseLine(bytes: Buffer): ProxyHeader {
  const head = bytes.toString('latin1', 0, V1_LONGEST);
  const end = head.search(/[\r\n]/);
  if (end < 0)
    // [2.1] if the CRLF sequence is not found in the first 107 characters, the line is invalid
    return head.length < V1_LONGEST ? INCOMPLETE : invalid(`its line has more than ${V1_LONGEST} bytes`);
  const ending = head.slice(end, end + 2);
  if (ending === '\r' && head.length < V1_LONGEST) return INCOMPLETE;
  // [2.1] a single CR or LF must not be tolerated
  if (ending !== '\r\n') return invalid('its line does not end in CRLF');
  const [line, family, source = '', destination = '', sourcePort, destinationPort] =
    V1_LINE.exec(head.slice(0, end)) ?? [];
  if (line === undefined) return invalid('its line is malformed');
  const length = end + 2;
  // [2.1] UNKNOWN: the real connection's parameters are used, and the rest of the line is ignored
  if (family === undefined) return { outcome: 'complete', length, source: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : isPlainIPv6;
  const isGood = isAddress(source) && isAddress(destination);
  if (!isGood || Number(sourcePort) > MAX_PORT || Number(destinationPort) > MAX_PORT)
    return invalid('its line is malformed');
  return {
    outcome: 'complete',
    length,
    source: sourceOf({
      address: source,
      family: family === 'TCP4' ? 'ipv4' : 'ipv6',
      port: Number(sourcePort),
    }),
  };
}

const MAX_PORT = 65_535;

// A zone has a meaning on one machine only.
function isPlainIPv6(address: string): boolean {
  return isIPv6(address) && !address.includes('%');
}

function parseBinary(bytes: Buffer): ProxyHeader {
  const [command = 0x20, transport = 0] = bytes.subarray(V2_SIGNATURE.length);
  // [2.2] the version must be 2, and other commands than LOCAL and PROXY must be dropped
  if (command !== LOCAL && command !== PROXY) return invalid('its version or command is not known');
  // [2.2] LOCAL: the block including the family is discarded
  const isUsed = command === PROXY;
  if (isUsed && ((transport & 0xf0) > 0x30 || (transport & 0x0f) > 0x02))
    return invalid('its address family or protocol is not known');
  if (bytes.length < V2_FIXED) return INCOMPLETE;
  const rest = bytes.readUInt16BE(V2_FIXED - 2);
  if (rest > V2_LONGEST_REST) return invalid(`it has more than ${V2_FIXED + V2_LONGEST_REST} bytes`);
  const addresses = isUsed ? ADDRESS_BYTES.get(transport) : undefined;
  if (addresses !== undefined && rest < addresses) return invalid('its addresses are cut short');
  // [2.2] an address must not be parsed before the whole block is there; the fields behind addresses may be skipped
  const length = V2_FIXED + rest;
  if (bytes.length < length) return INCOMPLETE;
  const source = isUsed ? binarySource(bytes.subarray(V2_FIXED, length), transport) : undefined;
  return { outcome: 'complete', length, source };
}

const LOCAL = 0x20;
const PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

// [2.2] TCP and UDP over IPv4 and over IPv6, UNIX streams and datagrams; all others are UNSPEC
const ADDRESS_BYTES = new Map([
  [TCP_OVER_IPV4, 12],
  [0x12, 12],
  [TCP_OVER_IPV6, 36],
  [0x22, 36],
  [0x31, 216],
  [0x32, 216],
]);

// [2.2] a transport that the receiver does not support is UNSPEC: the real endpoints are used. Only TCP is supported here.
function binarySource(block: Buffer, transport: number): ProxiedSource | undefined {
  if (transport === TCP_OVER_IPV4)
    return sourceOf({
      address: block.subarray(0, 4).join('.'),
      family: 'ipv4',
      port: block.readUInt16BE(8),
    });
  if (transport === TCP_OVER_IPV6)
    return sourceOf({
      address: [0, 2, 4, 6, 8, 10, 12, 14].map((at) => block.readUInt16BE(at).toString(16)).join(':'),
      family: 'ipv6',
      port: block.readUInt16BE(32),
    });
  return undefined;
}

/** The source, its address in the form that node gives to addresses of sockets. */
function sourceOf(given: {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
}) {
  const { address, port, family } = new SocketAddress(given);
  return { address, port, family: family === 'ipv4' ? 'IPv4' : 'IPv6' } as const;
}

const INCOMPLETE: ProxyHeader = { outcome: 'incomplete' };

function invalid(because: string): ProxyHeader {
  return { outcome: 'invalid', because };
}

/** True if bytes begin with a signature, or are the beginning of one. */
function isBeginning(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}
