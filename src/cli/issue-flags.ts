import { Flags } from '@oclif/core';
import type { AskedValidity } from '../core/manage/validity.js';
import { parseLabel } from '../core/model/client.js';
import { checkDuration, parseTime } from '../core/model/time.js';
import { parseGroupName, parseUserName } from '../core/model/user.js';
import type { Home } from '../home/open-home.js';
import { repeated } from './flags.js';

/** The flags for a client with a new certificate. */
export const ISSUE_FLAGS = {
  'valid-for': Flags.string({
    helpValue: 'DURATION',
    exclusive: ['not-after'],
    description: 'validity from its start: 24h, 30d, 3y [default: as before, or 3y]',
  }),
  'not-after': Flags.string({
    helpValue: 'TIME',
    description: 'end of its validity: 2030-01-31 or 2030-01-31T12:00:00Z',
  }),
  'not-before': Flags.string({
    helpValue: 'TIME',
    description: 'start of its validity [default: now, less the setting backdate]',
  }),
  label: Flags.string({ helpValue: 'TEXT', description: 'a name for people' }),
  scope: repeated('SCOPE', 'what it may do; may be repeated [default: ingest]'),
  owner: Flags.string({ helpValue: 'USER', description: 'the user whom the client belongs to' }),
  domain: Flags.string({ helpValue: 'NAME', description: 'the domain that the client may act in' }),
  overlap: Flags.string({
    helpValue: 'DURATION',
    dependsOn: ['force'],
    description: 'how long what --force replaces still works [default: 0s]',
  }),
};

type IssueFlagName = 'valid-for' | 'not-after' | 'not-before' | 'label' | 'owner' | 'domain' | 'overlap';

/** The values from oclif; a flag that was left out is undefined. */
export type IssueFlagValues = { readonly [name in IssueFlagName]?: string | undefined } & {
  readonly scope?: string[] | undefined;
};

/** Reads the client's settings and its validity from the flags. @throws KeywrightError `invalid-input` */
export async function issueTerms(flags: IssueFlagValues, { parseScopes: parseGrant }: Home) {
  const asked: AskedValidity = {
    ...(flags['not-before'] !== undefined && { notBefore: parseTime(flags['not-before']) }),
    ...(flags['not-after'] !== undefined && { notAfter: parseTime(flags['not-after']) }),
    ...(flags['valid-for'] !== undefined && { validFor: checkDuration(flags['valid-for']) }),
  };
  return {
    asked,
    terms: {
      label: flags.label === undefined ? undefined : parseLabel(flags.label),
      scopes: flags.scope && (await parseGrant(flags.scope)),
      owner: flags.owner === undefined ? undefined : parseUserName(flags.owner),
      domain: flags.domain === undefined ? undefined : parseGroupName(flags.domain),
      overlap: flags.overlap === undefined ? undefined : checkDuration(flags.overlap),
    },
  };
}
