import type { KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '../core/model/key-algorithm.js';
import type { Timestamp } from '../core/model/time.js';

/** What a worker thread gets when it begins. */
export interface WorkerData {
  /** The CA's certificate in PEM, and its key. */
  readonly certificate: string;
  readonly privateKey: KeyObject;
}

export type Task = MakeTask | WriteTask;

/** The making of bundles. The answer is `Bundled[]`. */
export interface MakeTask {
  readonly do: 'make';
  readonly clients: readonly {
    readonly clientId: string;
    readonly algorithm: KeyAlgorithm;
    readonly notBefore: Timestamp;
    readonly notAfter: Timestamp;
  }[];
}

/** A bundle's texts, and what is registered of them. */
export interface Bundled {
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly tokenId: string;
  readonly publicKey: string;
}

/** The writing of files. The answer is, for each, what went wrong or undefined. */
export interface WriteTask {
  readonly do: 'write';
  readonly files: readonly FileToWrite[];
  /** True if a killed run may have written some, or parts of them. */
  readonly isAgain: boolean;
}

export interface FileToWrite {
  readonly path: string;
  readonly data: string;
  readonly mode: number;
}
