import { type ParsedApiKey, parseApiKey } from '../model/api-key.js';
import type { RefusedCredential } from '../ports/observer.js';
import type { Presentation, PresentedCredential, Rejection } from './presentation.js';
import { holderIn, refusalCause } from './refusal-cause.js';
import type { Refused } from './refused.js';

/** What an operator needs to know of a refused presentation: which credential of which client it was, and what became of it. */
export function explainRefusal(refused: Refused): RefusedCredential {
  const holder = holderIn(refused);
  return {
    ...shown(refused.presentation),
    ...(holder !== undefined && { holder }),
    cause: refusalCause(refused),
  };
}

/** The reason of a refusal by a limit, wherever it is told. */
export const RATE_LIMITED = 'rate-limited';

/** Explains a refusal after too many wrong credentials; the reason is missing if this one was not looked into any more. */
export function explainLimit({
  reason,
  ...refused
}: Omit<Refused, 'reason'> & { readonly reason?: Rejection | undefined }): RefusedCredential {
  const limited = 'too many wrong credentials from its address';
  if (reason === undefined) return { ...shown(refused.presentation), cause: limited };
  const { cause, ...explained } = explainRefusal({ ...refused, reason });
  return { ...explained, cause: `${limited}; of this one: ${cause}` };
}

function shown({ credential, certificate }: Presentation): Shown {
  if (credential !== undefined) return shownText(credential);
  return certificate === undefined ? {} : shownCertificate(certificate);
}

type Shown = Omit<RefusedCredential, 'cause'>;

function shownCertificate({ clientId, serial }: NonNullable<Presentation['certificate']>): Shown {
  return {
    credential: 'certificate',
    ...(serial !== undefined && { hint: `serial ${serial}` }),
    ...(clientId !== undefined && { client: clientId }),
  };
}

// The hash of what nobody can guess gives nothing away; a password, or a text of no known form, has none here.
function shownText(presented: PresentedCredential): Shown {
  switch (presented.kind) {
    case 'api-key':
      return {
        credential: 'api-key',
        hint: hintOf(presented.hash, parseApiKey(presented.key)),
        ...ofClient(presented.claimedId),
      };
    case 'key-and-password':
      return { ...shownText(presented.key), credential: 'key-and-password' };
    case 'signed-token':
      return { credential: 'signed-token', hint: hintOf(presented.hash), ...ofClient(presented.clientId) };
    case 'access-token':
      return { credential: 'access-token', hint: hintOf(presented.hash) };
    case 'session-cookie':
    case 'password':
    case 'ambiguous':
    case 'unknown':
      return { credential: presented.kind };
  }
}

function hintOf(hash: string, key?: ParsedApiKey): string {
  return `${key ? `${key.prefix}… ` : ''}SHA-256 ${hash.slice(0, 8)}…`;
}

function ofClient(id: string | undefined): Shown {
  return id ? { client: id } : {};
}
