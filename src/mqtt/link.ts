import type { Duplex } from 'node:stream';
import { hangUpSoon } from '../network/hang-up.js';

/** Takes what a connection receives: the gate first, and then whoever the gate hands it to. */
export interface Receiver {
  received(chunk: Buffer): void;
  /** Everything that was written has been taken by the peer. */
  drained(): void;
  /** The connection is closed. Called once, and nothing after it. */
  gone(): void;
}

/** One MQTT connection, over TCP, TLS or WebSocket: its listeners are put on once, whoever receives. */
export class Link {
  readonly stream: Duplex;
  receiver: Receiver;
  #address: string | undefined;
  #isEnding = false;
  /** Whether the peer is slow: `drained` follows. */
  isWaiting = false;
  #writtenBytes = 0;

  /** @param address where the connection comes from; undefined for that of the socket */
  constructor(stream: Duplex, receiver: Receiver, address?: string) {
    this.stream = stream;
    this.receiver = receiver;
    this.#address = address;
    stream.on('data', (chunk: Buffer) => {
      if (!this.#isEnding) this.receiver.received(chunk);
    });
    stream.on('close', () => this.receiver.gone());
    // Its close follows.
    stream.on('error', ignore);
  }

  /** Where the connection comes from. Looked up when it is first needed: it costs a system call. */
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
      this.receiver.drained();
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

  /** Ends the connection behind what was written and `last`. Nothing more is received. */
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
}

function ignore(): void {}

function addressOf(stream: Duplex): string {
  const address = 'remoteAddress' in stream ? stream.remoteAddress : undefined;
  return typeof address === 'string' ? address : 'unknown';
}
