import { counted } from '../core/model/counted.js';
import { isUnsound, wrongClock } from '../core/model/sound-time.js';
import { formatTime } from '../core/model/time.js';
import type {
  ConnectionEvent,
  Failure,
  ObservedChange,
  ObservedRefusal,
  Observer,
  RefusedCredential,
} from '../core/ports/observer.js';
import { LineLimit } from '../limits/line-limit.js';
import type { Log } from './log.js';

// More lines would say the same, and could fill the disk. The others are only counted.
const LINES_PER_SECOND = 20;

/** Logs the events that an operator looks for if a client is refused. */
export class LogObserver implements Observer {
  readonly #log: Log;
  readonly #lines: ReturnType<typeof lineLimits>;

  constructor(log: Log) {
    this.#log = log;
    this.#lines = lineLimits(log);
  }

  /** Writes nothing, because most requests are accepted. */
  accepted(): void {}

  /** @param explanation why it was refused, if that was asked for already */
  refused(refusal: ObservedRefusal, explanation?: RefusedCredential): void {
    const log = this.#log;
    switch (refusal.by) {
      case 'http':
        this.#lines.http.pass(() =>
          log.info(explained(refusal, explanation), `HTTP ${refusal.what} refused`),
        );
        break;
      case 'mqtt':
        this.#lines.mqtt.pass(() =>
          log.info(explained(refusal, explanation), `MQTT ${refusal.what} refused`),
        );
        break;
      case 'callback':
        this.#lines.callbacks.pass(() =>
          log.info(explained(refusal, explanation), 'a call-back was refused'),
        );
        break;
      case 'proxy-protocol':
        this.#lines.proxies.pass(() =>
          log.warn(
            explained(refusal, explanation),
            'a connection without a good PROXY protocol header was closed',
          ),
        );
    }
  }

  connection({ protocol, what, ...details }: ConnectionEvent): void {
    if (protocol !== 'mqtt') return;
    const said = what === 'ended' ? 'connection ended' : what;
    this.#lines.mqtt.pass(() => this.#log.info(details, `MQTT ${said}`));
  }

  changed(change: ObservedChange): void {
    const log = this.#log;
    if (change.what === 'ending') {
      const { name, at, isReplaced } = change;
      const ending = `${name} ends at ${formatTime(at)}`;
      this.#lines.ends.pass(() =>
        isReplaced ? log.info(`${ending}; it has a successor`) : log.warn(ending),
      );
    } else if (change.what === 'server-certificate')
      log.info(`made a server certificate, valid until ${formatTime(change.notAfter)}`);
    else if (change.what === 'clock') this.#clockChanged(change);
    else if (change.what === 'keystore-readable')
      log.info({ was: change.was }, 'a part of the keystore can be read again');
    else if (change.restrictedBecause !== null)
      log.warn(`restricted: no new client is registered: ${change.restrictedBecause}`);
    else {
      const { deviceLimit, expiresAt, used } = change;
      const limit = deviceLimit === null ? 'any number of clients' : counted(deviceLimit, 'client');
      log.info(`the licence is for ${limit} until ${formatTime(expiresAt)}; ${used} registered`);
    }
  }

  #clockChanged({ byMs, now }: Extract<ObservedChange, { what: 'clock' }>): void {
    const [was, is] = [now - byMs, now].map(formatTime);
    const direction = byMs > 0 ? 'forward' : 'back';
    this.#log.warn(
      `the clock went ${direction} from ${was} to ${is}: looking at the server certificate again`,
    );
    if (isUnsound(now)) this.#log.warn(wrongClock(now));
  }

  failed({ part, error }: Failure): void {
    if (part === 'http-upstream') {
      const reason = error instanceof Error ? error.message : String(error);
      this.#lines.upstream.pass(() => this.#log.warn(`HTTP upstream: ${reason}`));
    } else this.#lines.failures.pass(() => this.#log.error({ err: error }, FAILURES[part]));
  }

  /** Logs the last counts of lines that were held back. */
  close(): void {
    for (const limit of Object.values(this.#lines)) limit.close();
  }
}

const FAILURES: Readonly<Record<Exclude<Failure['part'], 'http-upstream'>, string>> = {
  keystore: 'a part of the keystore cannot be read: its clients are refused',
  'last-uses': 'the last uses of credentials cannot be written',
  pruning: 'what has ended cannot be removed',
  'server-certificate': 'the server certificate cannot be renewed',
  licence: 'the licence cannot be checked',
  ends: 'what ends soon cannot be told',
  'http-request': 'an HTTP request could not be answered',
  'mqtt-connection': 'an MQTT connection failed',
};

/** The fields of a line. */
function explained(refusal: ObservedRefusal, explanation: RefusedCredential | undefined): object {
  const { by, what, explain, holder, ...details } = { ...NONE, ...refusal };
  const { holder: _, ...why } = explanation ?? explain?.() ?? { holder: undefined };
  return { ...details, ...why };
}

const NONE = { what: undefined, explain: undefined, holder: undefined };

/** Makes a limit for each kind of line that may come in floods, so that one flood does not hide the others. */
function lineLimits(log: Log) {
  const limit = (tell: (heldBack: { readonly suppressed: number }) => void) =>
    new LineLimit({ perSecond: LINES_PER_SECOND, onHeldBack: (suppressed) => tell({ suppressed }) });
  return {
    http: limit((heldBack) => log.info(heldBack, 'HTTP: more refusals like these')),
    failures: limit((heldBack) => log.error(heldBack, 'more failures like these')),
    callbacks: limit((heldBack) => log.info(heldBack, 'more call-backs were refused')),
    upstream: limit((heldBack) => log.warn(heldBack, 'HTTP upstream: more went wrong')),
    proxies: limit((heldBack) => log.warn(heldBack, 'more connections without a good header were closed')),
    ends: limit((heldBack) =>
      log.warn(heldBack, 'more end soon: see keywright key list --expiring-within 30d'),
    ),
    mqtt: limit((heldBack) => log.info(heldBack, 'MQTT: more lines like these')),
  };
}
