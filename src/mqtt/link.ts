import type { Duplex } from 'node:stream';
import { hangUpSoon } from '../network/hang-up.js';

/** Takes the octets of a connection: first the gate, then the engine that the gate hands it over to. */
export interface Receiver {
  received(chunk: Buffer): void;
  /** The peer has taken everything that was written. */
  drained(): void;
  /** The connection is closed. Called once, and nothing after it. */
  gone(): void;
}

export interface LinkOptions {
  /** The address that the connection comes from; undefined for that of the socket. */
  readonly address?: string | undefined;
  readonly onFailure?: (error: unknown) => void;
}

/** One MQTT connection, over TCP, TLS or WebSocket. Its stream has one set of listeners, though its receivers change. */
export class Link {
  readonly stream: Duplex;
  receiver: Receiver;
  #address: string | undefined;
  readonly #onFailure: ((error: unknown) => void) | undefined;
  #isEnding = false;
  /** The peer is slow: `drained` follows. */
  isWaiting = false;
  #writtenBytes = 0;

  constructor(stream: Duplex, receiver: Receiver, { address, onFailure }: LinkOptions = {}) {
    this.stream = stream;
    this.receiver = receiver;
    this.#address = address;
    this.#onFailure = onFailure;
    stream.on('data', (chunk: Buffer) => {
      if (!this.#isEnding) this.#tell(chunk);
    });
    stream.on('close', () => this.#tell('gone'));
    // Its close follows.
    stream.on('error', ignore);
  }

  /** The address that the connection comes from. It is looked up when it is first needed, for it costs a system call. */
  get address(): string {
    this.#address ??= addressOf(this.stream);
    return this.#address;
  }

  get isOver(): boolean {
    return this.#isEnding || this.stream.destroyed;
  }

  /** Octets that were written and not yet taken by the system. */
  get waitingBytes(): number {
    return this.stream.writableLength;
  }

  /** Octets that were written and taken by the system. */
  get takenBytes(): number {
    return this.#writtenBytes - this.stream.writableLength;
  }

  write(octets: Buffer): void {
    this.#writtenBytes += octets.length;
    if (this.stream.write(octets) || this.isWaiting) return;
    this.isWaiting = true;
    this.stream.once('drain', () => {
      this.isWaiting = false;
      this.#tell('drained');
    });
  }

  /** Writes several in one go. */
  writeAll(parts: readonly Buffer[]): void {
    if (parts.length > 1) this.stream.cork();
    for (const part of parts) this.write(part);
    if (parts.length > 1) this.stream.uncork();
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  /** Ends the connection behind all that was written, and `last`. Nothing more is received. */
  end(last?: Buffer): void {
    if (this.isOver) return;
    this.#isEnding = true;
    // Unread input would turn the close into a reset, which may overtake what was written.
    this.stream.resume();
    if (last === undefined) this.stream.end();
    else this.stream.end(last);
    hangUpSoon(this.stream);
  }

  destroy(): void {
    this.stream.destroy();
  }

  // A failure of the receiver ends its connection, and no other.
  #tell(event: Buffer | 'drained' | 'gone'): void {
    try {
      if (event === 'gone') this.receiver.gone();
      else if (event === 'drained') this.receiver.drained();
      else this.receiver.received(event);
    } catch (error) {
      this.#onFailure?.(error);
      this.destroy();
    }
  }
}

function ignore(): void {}

function addressOf(stream: Duplex): string {
  const address = 'remoteAddress' in stream ? stream.remoteAddress : undefined;
  return typeof address === 'string' ? address : 'unknown';
}
