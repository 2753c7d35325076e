import { X509Certificate } from 'node:crypto';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { readInput } from '../cli/input.js';
import { fields } from '../cli/table.js';
import { principalView } from '../core/manage/views.js';
import { KeywrightError } from '../core/model/errors.js';
import { readCredential, UNKNOWN } from '../core/model/presented-credential.js';
import { formatTime } from '../core/model/time.js';
import { loaderFor } from '../core/verify/load.js';
import {
  type PresentedCertificate,
  presentCertificate,
  type Rejection,
  UNKNOWN_CERTIFICATE,
  type Verdict,
} from '../core/verify/presentation.js';
import { refusalCause } from '../core/verify/refusal-cause.js';
import { verify } from '../core/verify/verify.js';
import type { Home } from '../home/open-home.js';
import { openStoredRegistry } from '../home/open-registry.js';

export default class Verify extends BaseCommand {
  static override summary = 'Say whose a token or a certificate is, and until when, or why it is refused.';
  static override description =
    `Exits with 0 if it is accepted, and with 5 if it is refused. It then also tells the cause, which a server keeps from its
callers. For a certificate, it tells that it is registered and valid, not that whoever sent it holds its key.`;
  static override examples = [
    '<%= config.bin %> verify --token-file ./myapp01_token',
    '<%= config.bin %> verify --cert ./myapp01_cert.pem --client-id myapp01',
    'cat ./myapp01_token | <%= config.bin %> verify - --scope ingest',
  ];

  static override args = {
    '-': Args.string({
      ignoreStdin: true,
      description: 'read the token or certificate from standard input',
    }),
  };

  static override flags = {
    'token-file': Flags.string({
      helpValue: 'FILE',
      exclusive: ['cert'],
      description: 'a file that holds a token',
    }),
    cert: Flags.string({ helpValue: 'FILE', description: 'a certificate, PEM or DER' }),
    'client-id': Flags.string({ helpValue: 'ID', description: "demand that it is this client's" }),
    scope: Flags.string({ helpValue: 'SCOPE', description: 'demand that it has this scope' }),
  };

  async run() {
    const { args, flags } = await this.parse(Verify);
    const { cert, 'token-file': tokenFile, scope, 'client-id': clientId } = flags;
    const given = [args['-'], tokenFile, cert].filter((source) => source !== undefined);
    const [source] = given;
    // The argument in place of the dash may be a secret, so the message does not repeat it.
    if (source === undefined || given.length > 1 || (args['-'] ?? '-') !== '-') {
      throw new KeywrightError(
        'invalid-input',
        'name one thing to verify: --token-file FILE, --cert FILE, or -',
      );
    }
    const input = await readInput(source);
    const home = await this.openHome(flags.home);
    const demand = scope === undefined ? undefined : { scopes: [scope] };
    const presented = readPresented(input, { cert, tokenFile });
    const presentation = {
      ...(presented instanceof X509Certificate
        ? { certificate: await asServerSees(presented, home) }
        : presented),
      ...{ clientId, demand },
    };
    const { credential = UNKNOWN } = 'credential' in presentation ? presentation : {};
    const registry = await openStoredRegistry(home, credential);
    // An unreadable keystore is a failure of the command, not a verdict.
    await loaderFor(presentation, registry)?.();
    const now = home.clock.now();
    const decided = verify(presentation, registry, now);
    const verdict =
      decided.outcome === 'accepted'
        ? decided
        : { ...decided, cause: refusalCause({ presentation, reason: decided.reason, registry, now }) };
    this.log(describe(verdict));
    if (verdict.outcome === 'rejected' && credential.kind === 'access-token') {
      const { issuer } = await home.settings();
      this.notice(`tokens of ${issuer ?? 'no issuer'} are known here; another is named by KEYWRIGHT_ISSUER`);
    }
    if (verdict.outcome === 'rejected') process.exitCode = 5;
    return verdictView(verdict);
  }
}

// TLS knows no certificate but those of the CA that the home has now.
async function asServerSees(certificate: X509Certificate, home: Home): Promise<PresentedCertificate> {
  const authority = await home.existingAuthority();
  const root = authority && new X509Certificate(authority.certificate);
  const isOurs = root !== undefined && certificate.checkIssued(root) && certificate.verify(root.publicKey);
  return isOurs ? presentCertificate(certificate) : UNKNOWN_CERTIFICATE;
}

// The flag tells the kind of a file. The content tells the kind of standard input.
function readPresented(
  input: Buffer,
  { cert, tokenFile }: { readonly cert: string | undefined; readonly tokenFile: string | undefined },
) {
  const isToken = tokenFile !== undefined || !input.includes('-----BEGIN CERTIFICATE-----');
  if (cert === undefined && isToken) {
    const text = input.toString().trim();
    return { credential: text === '' ? undefined : readCredential(text) };
  }
  try {
    return new X509Certificate(input);
  } catch (error) {
    throw new KeywrightError('invalid-input', 'what was given is not an X.509 certificate', { cause: error });
  }
}

type ExplainedVerdict =
  | Extract<Verdict, { outcome: 'accepted' }>
  | (Extract<Verdict, { outcome: 'rejected' }> & { readonly cause: string });

function verdictView(verdict: ExplainedVerdict) {
  if (verdict.outcome === 'rejected') {
    const { outcome, reason, cause } = verdict;
    return { outcome, reason, cause };
  }
  return { outcome: verdict.outcome, principal: principalView(verdict.principal) };
}

function describe(verdict: ExplainedVerdict): string {
  if (verdict.outcome === 'rejected') return `refused: ${REASONS[verdict.reason]}\ncause: ${verdict.cause}`;
  const { kind, id, label, owner, domains, scopes, credential, expiresAt } = verdict.principal;
  return fields([
    ['accepted', kind === 'client' ? id : `user ${id}`],
    ['label', label ?? '-'],
    ...(owner === null ? [] : [['owner', owner] as const]),
    ...(domains.length === 0 ? [] : [['domains', domains.join(' ')] as const]),
    ['credential', credential.kind],
    ['scopes', scopes.join(' ') || '-'],
    ['expires', formatTime(expiresAt)],
  ]);
}

const REASONS = {
  missing: 'there is nothing to verify',
  'conflicting-credentials': 'two credentials that differ',
  invalid: 'not a credential of any client',
  revoked: 'it, its client or its owner is revoked',
  suspended: 'it or its client is suspended',
  'not-yet-valid': 'it is not valid yet',
  expired: 'it has expired',
  'wrong-client-id': 'it belongs to another client',
  'wrong-domain': 'its client does not belong to that domain',
  'wrong-path': "the path is not its client's",
  'insufficient-scope': 'it does not have that scope',
  unavailable: 'the verifier cannot decide',
} satisfies Record<Rejection, string>;
