import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../core/presentation.js';
import { callerOf } from '../admission.js';
import { basicCredentials } from '../basic.js';
import type { HttpServices } from '../services.js';
import { clientBySecret } from '../tokens.js';
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
  const basic = basicCredentials(request.headers.authorization);
  const { client_id: id, client_secret: secret } = parameters;
  if (basic && secret !== undefined)
    throw new OAuthRefused('invalid_request', 'the client authenticates in two ways at once');
  if (basic) {
    const [decodedId, decodedSecret] = [formDecoded(basic.id), formDecoded(basic.secret)];
    return clientBySecret(request, { id: decodedId, secret: decodedSecret }, services);
  }
  if (id !== undefined && secret !== undefined) return clientBySecret(request, { id, secret }, services);
  const { token } = services.headers.read(request.rawHeaders);
  return token === undefined ? undefined : callerOf(request, services);
}

// RFC 6749 section 2.3.1: both parts are form-encoded before they are put together.
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
