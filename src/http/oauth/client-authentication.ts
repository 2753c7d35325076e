import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../core/model/principal.js';
import { callerOf } from '../admission.js';
import { clientBySecret } from '../api/log-in.js';
import { basicCredentials } from '../requests/basic.js';
import type { HttpServices } from '../services.js';
import { OAuthRefused } from './error.js';

/** The parameters by which a client may name itself. */
export interface ClientParameters {
  readonly client_id?: string;
  readonly client_secret?: string;
}

/**
 * The client that makes a request: by HTTP Basic, by parameters (RFC 6749 section 2.3.1), or by a credential of its own in
 * one of the usual headers. Undefined where it says nothing. @throws Refused
 */
export async function clientOf(
  request: IncomingMessage,
  parameters: ClientParameters,
  services: HttpServices,
): Promise<Principal | undefined> {
  const { text } = services.headers.read(request.rawHeaders);
  const basic = basicCredentials(text);
  const { client_id: id, client_secret: secret } = parameters;
  if (basic) {
    const named = { id: formDecoded(basic.id), secret: formDecoded(basic.secret) };
    if (secret !== undefined || (id !== undefined && id !== named.id))
      throw new OAuthRefused('invalid_request', 'the client names itself in two ways');
    return clientBySecret(request, named, services);
  }
  if (id !== undefined && secret !== undefined) return clientBySecret(request, { id, secret }, services);
  return text === undefined ? undefined : callerOf(request, services);
}

// RFC 6749 section 2.3.1: both parts are form-encoded before they are put together.
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
