const KIB = 1024;
const MIB = 1024 * KIB;

/** The default limits of the built-in MQTT engine, in octets, seconds, or numbers. */
const PRESETS = {
  packetOctets: 8 * MIB,
  waitingOctets: MIB,
  stalledSeconds: 30,
  inFlight: 100,
  receiveMaximum: 1_000,
  queuedMessages: 1_000,
  queuedOctets: MIB,
  clientQueuedMessages: 100_000,
  clientHeldOctets: 64 * MIB,
  heldOctets: 512 * MIB,
  clientSessions: 10_000,
  sessions: 100_000,
  sessionExpirySeconds: 7 * 86_400,
  keepAliveSeconds: 65_535,
  subscriptions: 1_000,
  clientSubscriptions: 100_000,
  subscribeFilters: 1_000,
  topicLevels: 64,
  topicOctets: 4 * KIB,
  topicAliases: 16,
  retainedMessages: 10_000,
  retainedOctets: 64 * MIB,
  clientRetainedMessages: 5_000,
};

/** The limits in force. */
export type MqttLimits = Readonly<typeof PRESETS>;

export type MqttLimit = keyof MqttLimits;

const isLimit = (name: string): name is MqttLimit => Object.hasOwn(PRESETS, name);
const LIMITS: readonly MqttLimit[] = Object.keys(PRESETS).filter(isLimit);

interface Range {
  readonly least: number;
  readonly most: number;
  /** The limited thing, and the engine's action beyond the limit. */
  readonly what: string;
}

/** The range and the effect of each limit. */
export const MQTT_LIMITS: Readonly<Record<MqttLimit, Range>> = {
  packetOctets: {
    least: 128 * KIB,
    most: 256 * MIB,
    what: 'octets of a PUBLISH; one that announces more is answered 0x95, and the connection ends',
  },
  waitingOctets: {
    least: 1 * KIB,
    most: 1024 * MIB,
    what: 'octets that wait for one connection; what comes at QoS 0 beyond them is dropped and counted',
  },
  stalledSeconds: {
    least: 1,
    most: 3_600,
    what: 'seconds after which a connection that takes nothing of what waits for it is closed',
  },
  inFlight: {
    least: 1,
    most: 65_535,
    what: 'messages of QoS 1 and 2 that are sent to one client before it acknowledged the first',
  },
  receiveMaximum: {
    least: 1,
    most: 65_535,
    what: 'messages of QoS 2 that one client may have begun and not released; more is answered 0x93, and the connection ends',
  },
  queuedMessages: {
    least: 1,
    most: 1_000_000,
    what: 'messages that wait for one session; what comes beyond them is dropped and counted',
  },
  queuedOctets: {
    least: 1,
    most: 1024 * MIB,
    what: 'octets that wait for one session, but for one message, which may be longer',
  },
  clientQueuedMessages: {
    least: 1,
    most: 100_000_000,
    what: 'messages that wait for all sessions of one client',
  },
  clientHeldOctets: {
    least: 1,
    most: 64 * 1024 * MIB,
    what: 'octets of messages that one client published and that wait for somebody, or are half received',
  },
  heldOctets: {
    least: 1,
    most: 64 * 1024 * MIB,
    what: 'octets of all messages that wait for somebody, or are half received',
  },
  clientSessions: {
    least: 1,
    most: 10_000_000,
    what: 'sessions of one client, the absent ones included; one more is answered 0x97',
  },
  sessions: {
    least: 1,
    most: 10_000_000,
    what: 'sessions in all, the absent ones included; one more is answered 0x97',
  },
  sessionExpirySeconds: {
    least: 0,
    most: 4_294_967_294,
    what: 'seconds for which a session is kept for an absent client',
  },
  keepAliveSeconds: {
    least: 1,
    most: 65_535,
    what: 'keep-alive that a client of MQTT 5 may ask for; it is told this one where it asked for more, or for none',
  },
  subscriptions: {
    least: 1,
    most: 1_000_000,
    what: 'subscriptions of one session; one more is answered 0x97, or 0x80',
  },
  clientSubscriptions: {
    least: 1,
    most: 100_000_000,
    what: 'subscriptions of all sessions of one client; a long filter counts once more for each 256 octets and each 4 levels',
  },
  subscribeFilters: {
    least: 1,
    most: 100_000,
    what: 'filters of one SUBSCRIBE that are looked at; the others are answered 0x97, or 0x80',
  },
  topicLevels: { least: 1, most: 1_000, what: 'levels of a topic or filter; more is answered 0x90 or 0x8F' },
  topicOctets: { least: 1, most: 65_535, what: 'octets of a topic or filter; more is answered 0x90 or 0x8F' },
  topicAliases: { least: 0, most: 1_000, what: 'topic aliases of one connection' },
  retainedMessages: {
    least: 0,
    most: 10_000_000,
    what: 'retained messages in all; one more is delivered, not kept, and answered 0x97',
  },
  retainedOctets: { least: 0, most: 64 * 1024 * MIB, what: 'octets of retained messages in all' },
  clientRetainedMessages: { least: 0, most: 10_000_000, what: 'retained messages of one client' },
};

/** Writes the name of a limit for settings, in small letters with dashes. */
export function limitName(limit: MqttLimit): string {
  return limit.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Finds a limit by its name in settings; undefined if there is none. */
export function limitByName(name: string): MqttLimit | undefined {
  return LIMITS.find((limit) => limitName(limit) === name);
}

/** Makes the limits: the given values, and defaults for the rest. */
export function mqttLimits(told: Partial<MqttLimits> = {}): MqttLimits {
  return { ...PRESETS, ...told };
}
