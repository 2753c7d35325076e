import { createPrivateKey, X509Certificate } from 'node:crypto';
import { KeywrightError } from '../core/model/errors.js';
import { isLoopback } from '../network/loopback.js';
import type { PostAnswer } from './post-json.js';
import type { DeviceIdentity } from './provision-files.js';

export interface ProvisionAsked {
  readonly key: string;
  readonly name: string;
  readonly request: string;
  /** The device's private key in PEM. The certificate must match it. */
  readonly privateKey: string;
  readonly ca: string | undefined;
}

/**
 * Reads the server's URL, which must not carry secrets readably over a network.
 * @throws KeywrightError `invalid-input`, `refused`
 */
export function parseServerUrl(text: string, { insecure }: { readonly insecure: boolean }): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && ['http:', 'https:'].includes(url.protocol) && !url.username && !url.password;
  if (!url || !isPlain || url.search || url.hash) {
    throw new KeywrightError('invalid-input', '--url is not the URL of a server', {
      hint: 'write it as https://gw.example.com:5654',
    });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !insecure) {
    throw new KeywrightError(
      'refused',
      `${url.origin} is not encrypted: the keys would cross the network readable`,
      {
        hint: 'use https://, or --insecure-http where the network is closed to others',
      },
    );
  }
  return url;
}

/** Asks a server to register this device. @throws KeywrightError `refused`, `invalid-input`, `busy`, `io` */
export async function askProvision(server: URL, asked: ProvisionAsked): Promise<DeviceIdentity> {
  const { key, name, request, privateKey, ca } = asked;
  const url = new URL(`${server.pathname.replace(/\/$/, '')}/api/v1/provision/agent`, server);
  // This import is here because at the top it would load HTTPS for every command.
  const { postJson } = await import('./post-json.js');
  const answer = await postJson(url, { body: { key, agentName: name, csr: request }, ca });
  if (answer.status !== 201) throw refusal(server, answer);
  const identity = readIdentity(answer.body);
  if (identity === undefined || !belongs(identity, privateKey)) throw foreign(server);
  return identity;
}

const USED = 'it was used, has expired, was deleted or is mistyped: ask for another';

function refusal({ origin }: URL, { status, retryAfter, body }: PostAnswer): KeywrightError {
  const detail = printable(textOf(body, 'detail') ?? '');
  if (status === 401) {
    return new KeywrightError('refused', `${origin} does not take the provisioning key`, { hint: USED });
  }
  if (status === 403) return new KeywrightError('refused', `${origin} refuses: ${detail}`);
  if (status === 400) return new KeywrightError('invalid-input', `${origin} does not understand: ${detail}`);
  if (status === 429 || status === 503) {
    const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? ` in ${retryAfter} s` : ' later';
    const why = status === 429 ? 'was asked too often from here' : 'cannot answer at the moment';
    return new KeywrightError('busy', `${origin} ${why}`, {
      hint: `try again${seconds}; the key was not used`,
    });
  }
  return foreign({ origin }, status);
}

function foreign({ origin }: Pick<URL, 'origin'>, status?: number): KeywrightError {
  const what = status === undefined ? 'answered something else than credentials' : `answered ${status}`;
  return new KeywrightError('io', `${origin} ${what}`, {
    hint: 'is it a keywright server, and its HTTP address?',
  });
}

function readIdentity(body: unknown): DeviceIdentity | undefined {
  const [agentUuid, apiKey, mqttPassword] = ['agentUuid', 'apiKey', 'mqttPassword'].map((field) =>
    textOf(body, field),
  );
  const [certificate, caCertificate] = ['certificate', 'caCertificate'].map((field) => textOf(body, field));
  if (!agentUuid || !apiKey || !mqttPassword || !certificate || !caCertificate) return undefined;
  return { agentUuid, apiKey, mqttPassword, certificate, caCertificate };
}

/** Tells if the certificate is for our key, and from the CA beside it. */
function belongs({ certificate, caCertificate }: DeviceIdentity, privateKey: string): boolean {
  try {
    const [leaf, root] = [new X509Certificate(certificate), new X509Certificate(caCertificate)];
    return leaf.checkPrivateKey(createPrivateKey(privateKey)) && leaf.verify(root.publicKey);
  } catch {
    return false;
  }
}

function textOf(body: unknown, field: string): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, field);
  return typeof value === 'string' ? value : undefined;
}

// Control characters from a server must not move a terminal's cursor.
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd').slice(0, 400);
}
