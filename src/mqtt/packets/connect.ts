import { isTopicName } from '../../core/model/scope.js';
import { type ConnectRefusal, INVALID_CLIENT_ID, MALFORMED, UNSUPPORTED_PROTOCOL } from './connack.js';
import type { Packet } from './packet.js';
import { makePacket } from './packet.js';
import { ALLOWED, encodeNumber, Properties, readProperties } from './properties.js';
import { encodeBinary, encodeText, type Read, readBinary, readText } from './text.js';

type ProtocolVersion = 3 | 4 | 5;

/** A CONNECT: MQTT 3.1.1 section 3.1, MQTT 5 section 3.1. */
export interface Connect {
  readonly protocolVersion: ProtocolVersion;
  /** Set by bridges between brokers: the highest bit of the protocol level. */
  readonly isBridge: boolean;
  readonly clean: boolean;
  /** 0 for none. */
  readonly keepAliveSeconds: number;
  /** Empty before MQTT 5. */
  readonly properties: Properties;
  /** Empty only if the server may assign one. */
  readonly clientId: string;
  readonly will: Will | undefined;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
}

interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly properties: Properties;
}

export type ParsedConnect = { readonly outcome: 'connect'; readonly connect: Connect } | BadConnect;

/** A CONNECT that cannot be taken. */
export interface BadConnect {
  readonly outcome: 'refused';
  /** undefined if the standard wants the connection closed without a word. */
  readonly refusal: ConnectRefusal | undefined;
  /** The version of the answer; undefined if there is no CONNECT at all. */
  readonly protocolVersion: ProtocolVersion | undefined;
  readonly cause: string;
  readonly clientId: string;
}

// A registered id has 64 characters at most; ids that devices make up stay below this.
const MAX_CLIENT_ID_BYTES = 1_024;
const BRIDGE = 0x80;

/** Reads a whole CONNECT, to its last octet. */
export function parseConnect(packet: Packet): ParsedConnect {
  const { bytes, body, end } = packet;
  const name = readText(bytes, body, end);
  const level = name && bytes[name.end];
  if (name === undefined || level === undefined || name.end + 4 > end || !isProtocol(name.value))
    return bad('the CONNECT is malformed', { protocolVersion: 4 });
  const protocolVersion = versionOf(name.value, level & ~BRIDGE);
  // [MQTT-3.1.2-2] an unknown protocol level is answered
  if (protocolVersion === undefined)
    return bad(`protocol level ${level} does not exist`, {
      protocolVersion: 4,
      refusal: UNSUPPORTED_PROTOCOL,
    });
  const flags = bytes[name.end + 1] ?? 0;
  const refuse = (cause: string, more: Partial<BadConnect> = {}) =>
    bad(cause, { protocolVersion, refusal: protocolVersion === 5 ? MALFORMED : undefined, ...more });
  const flaw = flawOfFlags(flags, protocolVersion);
  if (flaw !== undefined) return refuse(flaw);

  const keepAliveSeconds = bytes.readUInt16BE(name.end + 2);
  const properties = propertiesAt(packet, { at: name.end + 4, protocolVersion, allowed: ALLOWED.connect });
  const clientId = properties && readText(bytes, properties.end, end);
  if (clientId === undefined) return refuse('the client id or what is before it is malformed');
  const shown = { clientId: clientId.value };
  const will =
    (flags & 0x04) !== 0 ? readWill(packet, { at: clientId.end, flags, protocolVersion }) : undefined;
  if (will === undefined && (flags & 0x04) !== 0) return refuse('the will is malformed', shown);
  const username = flags & 0x80 ? readText(bytes, will?.end ?? clientId.end, end) : undefined;
  if (username === undefined && (flags & 0x80) !== 0) return refuse('the user name is malformed', shown);
  const password = flags & 0x40 ? readBinary(bytes, (username ?? will ?? clientId).end, end) : undefined;
  if (password === undefined && (flags & 0x40) !== 0) return refuse('the password is malformed', shown);
  if ((password ?? username ?? will ?? clientId).end !== end)
    return refuse('octets are left over behind the CONNECT’s last field', shown);

  const clean = (flags & 0x02) !== 0;
  if (clientId.value === '' && protocolVersion !== 5 && (protocolVersion === 3 || !clean))
    // [MQTT-3.1.3-8], and MQTT 3.1 has no empty client id at all
    return refuse('no client id', { refusal: INVALID_CLIENT_ID });
  if (clientId.end - (properties?.end ?? 0) - 2 > MAX_CLIENT_ID_BYTES)
    return refuse(`a client id of more than ${MAX_CLIENT_ID_BYTES} octets`, {
      ...shown,
      refusal: INVALID_CLIENT_ID,
    });
  return {
    outcome: 'connect',
    connect: {
      protocolVersion,
      isBridge: (level & BRIDGE) !== 0,
      clean,
      keepAliveSeconds,
      properties: properties?.value ?? Properties.NONE,
      clientId: clientId.value,
      will: will?.value,
      username: username?.value,
      password: password?.value,
    },
  };
}

/** The octets of a CONNECT. @param properties its own and its will's, without the lengths in front */
export function encodeConnect(
  connect: Connect,
  properties: { readonly own: Buffer; readonly will: Buffer },
): Buffer {
  const { protocolVersion, isBridge, clean, keepAliveSeconds, clientId, will, username, password } = connect;
  const flags =
    (username === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0)) |
    (clean ? 0x02 : 0);
  const level = protocolVersion | (isBridge ? BRIDGE : 0);
  const withLength = (octets: Buffer) =>
    protocolVersion === 5 ? [Buffer.from(encodeNumber(octets.length)), octets] : [];
  return makePacket(0x10, [
    encodeText(protocolVersion === 3 ? 'MQIsdp' : 'MQTT'),
    Buffer.of(level, flags, keepAliveSeconds >> 8, keepAliveSeconds & 0xff),
    ...withLength(properties.own),
    encodeText(clientId),
    ...(will ? [...withLength(properties.will), encodeText(will.topic), encodeBinary(will.payload)] : []),
    ...(username === undefined ? [] : [encodeText(username)]),
    ...(password === undefined ? [] : [encodeBinary(password)]),
  ]);
}

function isProtocol(name: string): boolean {
  return name === 'MQTT' || name === 'MQIsdp';
}

function versionOf(name: string, level: number): ProtocolVersion | undefined {
  if (name === 'MQIsdp') return level === 3 ? 3 : undefined;
  return level === 4 || level === 5 ? level : undefined;
}

function flawOfFlags(flags: number, protocolVersion: ProtocolVersion): string | undefined {
  // [MQTT-3.1.2-3]
  if ((flags & 0x01) !== 0) return 'the reserved flag is set';
  const willQos = (flags >> 3) & 3;
  // [MQTT-3.1.2-11, -13, -15]
  if ((flags & 0x04) === 0 && (flags & 0x38) !== 0) return 'flags of a will without a will';
  // [MQTT-3.1.2-14]
  if (willQos === 3) return 'a will of QoS 3';
  // [MQTT-3.1.2-22], which MQTT 5 dropped
  if ((flags & 0xc0) === 0x40 && protocolVersion !== 5) return 'a password without a user name';
  return undefined;
}

function readWill(
  packet: Packet,
  {
    at,
    flags,
    protocolVersion,
  }: { readonly at: number; readonly flags: number; readonly protocolVersion: ProtocolVersion },
): Read<Will> | undefined {
  const { bytes, end } = packet;
  const properties = propertiesAt(packet, { at, protocolVersion, allowed: ALLOWED.will });
  const topic = properties && readText(bytes, properties.end, end);
  const payload = topic && readBinary(bytes, topic.end, end);
  // [MQTT-3.1.3-10] A will is a message like any other: its topic must be one.
  if (payload === undefined || !isTopicName(topic?.value ?? '')) return undefined;
  return {
    value: {
      topic: topic?.value ?? '',
      payload: payload.value,
      qos: (flags >> 3) & 3,
      retain: (flags & 0x20) !== 0,
      properties: properties?.value ?? Properties.NONE,
    },
    end: payload.end,
  };
}

interface PropertiesPlace {
  readonly at: number;
  readonly protocolVersion: ProtocolVersion;
  readonly allowed: ReadonlySet<number>;
}

function propertiesAt({ bytes, end }: Packet, { at, protocolVersion, allowed }: PropertiesPlace) {
  if (protocolVersion !== 5) return { value: Properties.NONE, end: at };
  return readProperties(bytes, { at, limit: end, allowed });
}

function bad(cause: string, more: Partial<BadConnect>): BadConnect {
  return { outcome: 'refused', refusal: undefined, protocolVersion: 4, clientId: '', cause, ...more };
}
