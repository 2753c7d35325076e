import type { ApiKeyCredential, Client } from '../model/client.js';
import type { User } from '../model/user.js';

/** An API key with its client and the user that it belongs to. */
export interface HeldApiKey {
  readonly client: Client;
  /** Undefined if the client belongs to nobody, or its owner is gone. */
  readonly owner: User | undefined;
  readonly credential: ApiKeyCredential;
}
