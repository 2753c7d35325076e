import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../core/model/principal.js';
import { principalOf } from '../admission.js';
import { clientBySecret } from '../api/log-in.js';
import { basicCredentials } from '../requests/basic.js';
import type { HttpServices } from '../services.js';
import { OAuthRefused } from './error.js';

/** A request of a client, whose body may name the client. */
interface ClientRequest {
  readonly request: IncomingMessage;
  readonly body: { readonly client_id?: string; readonly client_secret?: string };
  readonly services: HttpServices;
}

/**
 * Authenticates the client that makes a request: by HTTP Basic, by parameters (RFC 6749 section 2.3.1), or by its own
 * credential in one of the usual headers.
 * @returns undefined if it presents nothing
 * @throws Refused
 */
export async function clientOf(asked: ClientRequest): Promise<Principal | undefined> {
  const { request, body, services } = asked;
  const { text } = services.headers.read(request.rawHeaders);
  const basic = basicCredentials(text);
  const { client_id: id, client_secret: secret } = body;
  if (basic) {
    const named = { id: formDecoded(basic.id), secret: formDecoded(basic.secret) };
    if (secret !== undefined || (id !== undefined && id !== named.id))
      throw new OAuthRefused('invalid_request', 'the client names itself in two ways');
    return clientBySecret(asked, named);
  }
  if (id !== undefined && secret !== undefined) return clientBySecret(asked, { id, secret });
  return text === undefined ? undefined : principalOf(request, services);
}

// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
