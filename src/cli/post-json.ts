import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { KeywrightError } from '../core/model/errors.js';

export interface PostOptions {
  readonly body: object;
  /** The trusted CAs in PEM, in place of the system's. */
  readonly ca?: string | undefined;
}

/** A server's answer. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The parsed JSON; undefined if the answer is not JSON. */
  readonly body: unknown;
}

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Sends JSON and reads the answer. It follows no redirection, because that would take secrets elsewhere.
 * @throws KeywrightError `io`
 */
export function postJson(url: URL, { body, ca }: PostOptions): Promise<PostAnswer> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const data = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) };
  const options = { method: 'POST', headers, timeout: TIMEOUT_MS, agent: false };
  return new Promise((resolve, reject) => {
    let isSent = false;
    const fail = (error: unknown) => reject(unreachable(url, { error, isSent }));
    const call = request(url, { ...options, ...(ca !== undefined && { ca }) });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    call.on('error', fail);
    call.on('finish', () => {
      isSent = true;
    });
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('error', fail);
      response.on('aborted', () => fail(new Error('the connection ended in the middle of the answer')));
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > MAX_ANSWER_BYTES) call.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const retryAfter = response.headers['retry-after'];
        resolve({ status: response.statusCode ?? 0, retryAfter, body: parsed(text) });
      });
    });
    call.end(data);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed: a server with TLS wants https://',
  ENOTFOUND: 'there is no such host',
  EPROTO: 'it does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

// OpenSSL's codes for a certificate from an unknown CA.
const UNTRUSTED = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
];

function unreachable(
  { origin }: URL,
  { error, isSent }: { readonly error: unknown; readonly isSent: boolean },
): KeywrightError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isUntrusted = UNTRUSTED.includes(code);
  const said = error instanceof Error && error.message !== '' ? error.message : code;
  const reason = isUntrusted ? 'its certificate is of no CA that is trusted here' : (REASONS[code] ?? said);
  const hint = isUntrusted
    ? "name the CA's certificate with --ca FILE; the server's operator has it: server-cert"
    : isSent && 'it may have done what it was asked for: see there what is registered';
  return new KeywrightError('io', `cannot ask ${origin}: ${reason}`, { ...(hint && { hint }), cause: error });
}
