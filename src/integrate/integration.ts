import { isIP } from 'node:net';

/** The addresses and files of a keywright, as a gateway or broker reaches them. */
export interface Installation {
  /** `http://127.0.0.1:5654` */
  readonly httpUrl: string;
  /** `mqtt://127.0.0.1:5653` */
  readonly mqttUrl: string;
  /** Absolute path of the file with the CA's certificate. */
  readonly caFile: string;
  /** Absolute path of the home. */
  readonly home: string;
  /** Absolute path of the file with the call-back secret; undefined if call-backs come from loopback only. */
  readonly callbackSecretFile: string | undefined;
  /** The headers that carry credentials. */
  readonly credentialHeaders: readonly string[];
  /** The command line of this program: absolute paths, without symbolic links. */
  readonly program: readonly string[];
  readonly version: string;
}

/** A file of a configuration. */
export interface ConfigurationFile {
  readonly name: string;
  readonly text: string;
}

/** One call of a contract, and its expected answer. */
export interface ContractStep {
  /** The guarantee that the call tests: `a wrong key is refused with 401`. */
  readonly says: string;
  readonly request: {
    readonly method: string;
    /** `/callbacks/emqx/authn`, with its query. */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Checks the answer. @returns a description of the mismatch; undefined if there is none */
  readonly judge: (answer: Answer) => string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** The credential in a contract's steps: a valid API key with scope `ingest` only, and its client id. */
export interface Probe {
  readonly clientId: string;
  readonly apiKey: string;
  readonly secret: string | undefined;
}

/** A gateway, broker or supervisor beside keywright: its configuration, and the calls that it makes. */
export interface Integration {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** One file or more. */
  configuration(installation: Installation): readonly ConfigurationFile[];
  /** undefined if it asks keywright nothing (systemd, docker). */
  readonly contract?: (probe: Probe) => readonly ContractStep[];
}

/** Finds a name in the server's certificate, for gateways that compare names and no addresses. */
export function certifiedName(url: string): string {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? host : 'localhost';
}
