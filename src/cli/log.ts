import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { ServeSettings } from '../settings/read.js';

/** Opens the server's log on stderr: lines for people on a terminal, JSON for machines. */
export function openLog({ log: format, logLevel: level }: Pick<ServeSettings, 'log' | 'logLevel'>): Logger {
  const human = format === 'human' || (format === 'auto' && process.stderr.isTTY);
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: LEVEL_BY_NAME };
  if (!human) return pino(options, keptGoing(pino.destination({ dest: 2, sync: true })));
  const colorize = process.stderr.isTTY && !process.env.NO_COLOR;
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize,
    translateTime: "UTC:yyyy-mm-dd'T'HH:MM:ss.l'Z'",
  });
  return pino(options, stream);
}

// If the log cannot be written (a full disk), it loses lines and the server goes on.
function keptGoing<Stream extends { on(event: 'error', listener: () => void): unknown }>(
  stream: Stream,
): Stream {
  stream.on('error', () => undefined);
  return stream;
}

const LEVEL_BY_NAME = { level: (label: string) => ({ level: label }) };
