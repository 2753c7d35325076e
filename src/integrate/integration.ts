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
  configuration(installation: Installation): string;
  /** Undefined where it asks keywright nothing (systemd, docker). */
  readonly contract?: (probe: Probe) => readonly ContractStep[];
}
