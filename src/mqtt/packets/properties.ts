import { type Read, readBinary, readText } from './text.js';

/** Identifiers of MQTT 5 properties, section 2.2.2.2. */
export const PROPERTY = {
  payloadFormat: 0x01,
  messageExpiry: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionIdentifier: 0x0b,
  sessionExpiry: 0x11,
  authenticationMethod: 0x15,
  authenticationData: 0x16,
  requestProblemInformation: 0x17,
  willDelay: 0x18,
  requestResponseInformation: 0x19,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  userProperty: 0x26,
  maximumPacketSize: 0x27,
} as const;

type Kind = 'flag' | 'two octets' | 'four octets' | 'number' | 'text' | 'binary' | 'pair';

const KINDS: Readonly<Record<number, Kind>> = {
  [PROPERTY.payloadFormat]: 'flag',
  [PROPERTY.messageExpiry]: 'four octets',
  [PROPERTY.contentType]: 'text',
  [PROPERTY.responseTopic]: 'text',
  [PROPERTY.correlationData]: 'binary',
  [PROPERTY.subscriptionIdentifier]: 'number',
  [PROPERTY.sessionExpiry]: 'four octets',
  [PROPERTY.authenticationMethod]: 'text',
  [PROPERTY.authenticationData]: 'binary',
  [PROPERTY.requestProblemInformation]: 'flag',
  [PROPERTY.willDelay]: 'four octets',
  [PROPERTY.requestResponseInformation]: 'flag',
  [PROPERTY.reasonString]: 'text',
  [PROPERTY.receiveMaximum]: 'two octets',
  [PROPERTY.topicAliasMaximum]: 'two octets',
  [PROPERTY.topicAlias]: 'two octets',
  [PROPERTY.userProperty]: 'pair',
  [PROPERTY.maximumPacketSize]: 'four octets',
};

// The properties that each packet may have: sections 3.1.2.11, 3.1.3.2, 3.3.2.3, 3.4.2.2, 3.8.2.1, 3.10.2.1 and 3.14.2.2.
const MESSAGE = [
  PROPERTY.payloadFormat,
  PROPERTY.messageExpiry,
  PROPERTY.contentType,
  PROPERTY.responseTopic,
  PROPERTY.correlationData,
  PROPERTY.userProperty,
];
const { sessionExpiry, receiveMaximum, maximumPacketSize, topicAliasMaximum, topicAlias } = PROPERTY;
const { requestResponseInformation, requestProblemInformation, userProperty, reasonString } = PROPERTY;
const { authenticationMethod, authenticationData, subscriptionIdentifier, willDelay } = PROPERTY;
export const ALLOWED = {
  connect: new Set<number>([
    ...[sessionExpiry, receiveMaximum, maximumPacketSize, topicAliasMaximum, userProperty],
    ...[requestResponseInformation, requestProblemInformation, authenticationMethod, authenticationData],
  ]),
  will: new Set<number>([...MESSAGE, willDelay]),
  // [MQTT-3.3.4-6] a client sends no subscription identifier
  publish: new Set<number>([...MESSAGE, topicAlias]),
  /** From a server that may not use topic aliases. */
  publishFromServer: new Set<number>([...MESSAGE, subscriptionIdentifier]),
  acknowledgement: new Set<number>([reasonString, userProperty]),
  subscribe: new Set<number>([subscriptionIdentifier, userProperty]),
  unsubscribe: new Set<number>([userProperty]),
  disconnect: new Set<number>([sessionExpiry, reasonString, userProperty]),
} as const;

// [MQTT-3.3.2-8] and sections 3.1.2.11.3, 3.1.2.11.4 and 3.8.2.1.2: 0 is a protocol error.
const NOT_ZERO = new Set<number>([receiveMaximum, maximumPacketSize, topicAlias, subscriptionIdentifier]);

interface Property {
  readonly id: number;
  /** The value of a number; NaN for any other kind. */
  readonly number: number;
  /** Index of its identifier. */
  readonly start: number;
  readonly end: number;
}

/** The properties of one packet, in the octets that they were sent in. */
export class Properties {
  static readonly NONE = new Properties(Buffer.alloc(0), []);
  readonly #bytes: Buffer;
  readonly #all: readonly Property[];

  constructor(bytes: Buffer, all: readonly Property[]) {
    this.#bytes = bytes;
    this.#all = all;
  }

  /** The value of a number; undefined if the packet does not have it. */
  number(id: number): number | undefined {
    return this.#all.find((property) => property.id === id)?.number;
  }

  has(id: number): boolean {
    return this.#all.some((property) => property.id === id);
  }

  /** The octets of all properties but these, without a length in front. */
  without(...ids: readonly number[]): Buffer {
    if (this.#all.length === 0) return this.#bytes;
    return Buffer.concat(
      this.#all
        .filter(({ id }) => !ids.includes(id))
        .map(({ start, end }) => this.#bytes.subarray(start, end)),
    );
  }
}

/** Reads a properties' length and the properties. @returns undefined if section 2.2.2 does not allow them in that packet */
export function readProperties(
  bytes: Buffer,
  {
    at,
    limit,
    allowed,
  }: { readonly at: number; readonly limit: number; readonly allowed: ReadonlySet<number> },
): Read<Properties> | undefined {
  const length = readNumber(bytes, at, limit);
  if (length === undefined) return undefined;
  if (length.value === 0) return { value: Properties.NONE, end: length.end };
  const end = length.end + length.value;
  if (end > limit) return undefined;
  const all: Property[] = [];
  for (let start = length.end; start < end; ) {
    const id = bytes[start] ?? 0;
    const value = allowed.has(id) ? readValue(bytes, { id, at: start + 1, limit: end }) : undefined;
    if (value === undefined) return undefined;
    const mayRepeat =
      id === userProperty || (id === subscriptionIdentifier && allowed === ALLOWED.publishFromServer);
    if (!mayRepeat && all.some((property) => property.id === id)) return undefined;
    all.push({ id, number: value.value, start, end: value.end });
    start = value.end;
  }
  return { value: new Properties(bytes, all), end };
}

/** A variable byte integer, section 1.5.5. @returns undefined if it does not end before `limit` and within four octets */
export function readNumber(bytes: Buffer, start: number, limit: number): Read<number> | undefined {
  let value = 0;
  for (let index = start; index < Math.min(limit, start + 4); index += 1) {
    const octet = bytes[index] ?? 0;
    value += (octet & 0x7f) << (7 * (index - start));
    if (octet < 0x80) return { value, end: index + 1 };
  }
  return undefined;
}

/** A variable byte integer, section 1.5.5; below 268,435,456. */
export function encodeNumber(value: number): number[] {
  const octets: number[] = [];
  let left = value;
  do {
    octets.push((left % 128) | (left > 127 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return octets;
}

interface Place {
  readonly id: number;
  readonly at: number;
  readonly limit: number;
}

function readValue(bytes: Buffer, { id, at, limit }: Place): Read<number> | undefined {
  const number = readByKind(bytes, { id, at, limit });
  return number?.value === 0 && NOT_ZERO.has(id) ? undefined : number;
}

function readByKind(bytes: Buffer, { id, at, limit }: Place): Read<number> | undefined {
  switch (KINDS[id]) {
    case 'flag': {
      const octet = at < limit ? bytes[at] : undefined;
      return octet === undefined || octet > 1 ? undefined : { value: octet, end: at + 1 };
    }
    case 'two octets':
      return at + 2 > limit ? undefined : { value: bytes.readUInt16BE(at), end: at + 2 };
    case 'four octets':
      return at + 4 > limit ? undefined : { value: bytes.readUInt32BE(at), end: at + 4 };
    case 'number':
      return readNumber(bytes, at, limit);
    case 'text':
      return behind(readText(bytes, at, limit));
    case 'binary':
      return behind(readBinary(bytes, at, limit));
    case 'pair': {
      const name = readText(bytes, at, limit);
      return name && behind(readText(bytes, name.end, limit));
    }
    default:
      return undefined;
  }
}

function behind(read: Read<unknown> | undefined): Read<number> | undefined {
  return read && { value: NaN, end: read.end };
}
