import type { AccessTokenClaims } from '../model/access-token.js';
import type { Presentation } from './presentation.js';
import { passwordAloneToCheck, passwordBesideToCheck } from './prove-password.js';
import type { Registry, WantedRecords } from './registry.js';

/** Fetches records, and finds out facts that take long. @throws KeywrightError */
export type Loader = () => Promise<void>;

/** The work that has to be done before `verify` can decide; undefined if everything is at hand. */
export function loaderFor(presentation: Presentation, registry: Registry): Loader | undefined {
  const { fetch } = registry;
  return fetch === undefined
    ? factLoader(presentation, registry)
    : () => fetchAll(presentation, registry, fetch);
}

function factLoader({ credential }: Presentation, registry: Registry): Loader | undefined {
  const { facts } = registry;
  switch (credential?.kind) {
    case 'access-token':
      return facts.accessToken(credential) === undefined
        ? () => facts.readAccessToken(credential)
        : undefined;
    case 'password':
    case 'key-and-password': {
      const asked =
        credential.kind === 'password'
          ? passwordAloneToCheck(credential, registry)
          : passwordBesideToCheck(credential, registry);
      return asked === undefined || facts.passwordHolds(asked) !== undefined
        ? undefined
        : () => facts.checkPassword(asked);
    }
    default:
      return undefined;
  }
}

async function fetchAll(
  presentation: Presentation,
  registry: Registry,
  fetch: (wanted: WantedRecords) => Promise<void>,
): Promise<void> {
  const { credential, certificate } = presentation;
  await fetch(recordsNamedBy(presentation));
  if (certificate?.clientId !== undefined) await fetch({ clients: [certificate.clientId] });
  await factLoader(presentation, registry)?.();
  const claims = credential?.kind === 'access-token' ? registry.facts.accessToken(credential) : undefined;
  if (claims !== undefined && !('rejected' in claims)) await fetch(recordsClaimedBy(claims));
}

function recordsNamedBy({ credential }: Presentation): WantedRecords {
  switch (credential?.kind) {
    case 'api-key':
      return { apiKey: credential };
    case 'key-and-password':
      return { apiKey: credential.key };
    case 'signed-token':
    case 'password':
      return { clients: [credential.clientId] };
    default:
      return {};
  }
}

function recordsClaimedBy({ subject, origin, familyId }: AccessTokenClaims): WantedRecords {
  return origin.kind === 'session'
    ? { users: [subject], sessions: [origin.sessionId], withdrawnTokens: [familyId] }
    : { clients: [subject], withdrawnTokens: [familyId] };
}
