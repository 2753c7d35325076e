import { isIP } from 'node:net';

/** Where a keywright is, as what stands beside it reaches it. */
export interface Installation {
  /** `http://127.0.0.1:5654` */
  readonly httpUrl: string;
  /** `mqtt://127.0.0.1:5653` */
  readonly mqttUrl: string;
  /** Absolute path of the file with the CA's certificate. */
  readonly caFile: string;
  /** Absolute path of the home. */
  readonly home: string;
  /** Absolute path of the file with the call-back secret; undefined where call-backs come from loopback only. */
  readonly callbackSecretFile: string | undefined;
  /** How this program is started: absolute paths. */
  readonly program: readonly string[];
  readonly version: string;
}

/** A file of a configuration. */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/** One call of a contract, and what must come of it. */
export interface ContractStep {
  /** What holds where it does: `a wrong key is refused with 401`. */
  readonly says: string;
  readonly request: {
    readonly method: string;
    /** `/callbacks/emqx/authn`, with its query. */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Whether the answer is the one. @returns what is wrong with it, or undefined */
  readonly judge: (answer: Answer) => string | undefined;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What the steps of a contract may present: one API key that holds (scope `ingest` only), and its client id. */
export interface Probe {
  readonly clientId: string;
  readonly apiKey: string;
  readonly secret: string | undefined;
}

/** How something stands beside keywright: its configuration, and what it will ask. */
export interface Integration {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** One file or more. */
  configuration(installation: Installation): readonly ConfigurationFile[];
  /** Undefined where it asks keywright nothing (systemd, docker). */
  readonly contract?: (probe: Probe) => readonly ContractStep[];
}

/** `127.0.0.1:5654` of a URL. */
export function hostAndPort(url: string): string {
  return new URL(url).host;
}

/** A name that the server's certificate is for, where what asks compares names and no addresses. */
export function certifiedName(url: string): string {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? host : 'localhost';
}
