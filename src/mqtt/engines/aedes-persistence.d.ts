// The promise-based class that aedes itself wraps; the package's own types describe only its callback form.
declare module 'aedes-persistence/asyncPersistence.js' {
  import type { Readable } from 'node:stream';

  export default class AsyncPersistence {
    cleanSubscriptions(client: { id: string }): Promise<void>;
    outgoingStream(client: { id: string }): Readable;
    outgoingClearMessageId(client: { id: string }, packet: object): Promise<unknown>;
  }
}
