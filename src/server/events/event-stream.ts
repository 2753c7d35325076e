import { Readable } from 'node:stream';

// What waits for a reader that takes nothing: minutes of an ordinary server.
const MAX_WAITING_OCTETS = 64 * 1024;

/** A stream of server-sent events. A reader that is too slow is dropped: it may come again. WHATWG HTML section 9.2 */
export class EventStream extends Readable {
  #isOver = false;

  constructor() {
    super({ highWaterMark: MAX_WAITING_OCTETS });
  }

  /** @param id the place to which a reader that comes again may refer */
  send(event: string, data: object, id?: string): void {
    const place = id === undefined ? '' : `id: ${id}\n`;
    this.#write(`event: ${event}\n${place}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Shows the reader, and what stands between, that the stream goes on. */
  comment(): void {
    this.#write(':\n\n');
  }

  /** Ends it after what was sent. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.push(null);
  }

  override _read(): void {}

  #write(text: string): void {
    if (this.#isOver || this.destroyed) return;
    this.push(text);
    if (this.readableLength <= MAX_WAITING_OCTETS) return;
    this.#isOver = true;
    this.destroy();
  }
}
