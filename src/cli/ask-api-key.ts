import { BUILT_IN_SCOPES } from '../core/model/scope.js';
import type { Home } from '../home/open-home.js';

export interface ApiKeyAnswers {
  readonly client?: string | undefined;
  readonly owner?: string | undefined;
  readonly label?: string | undefined;
  readonly expires?: string | undefined;
  readonly scope?: string[] | undefined;
}

/** Asks for missing answers, if there is a terminal. @param configured the scopes in the configuration */
export async function askApiKey(
  given: ApiKeyAnswers,
  { keyStore }: Home,
  configured: readonly string[],
): Promise<ApiKeyAnswers> {
  if (!process.stdin.isTTY) return given;
  const { checkbox, input, select } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
  const users = given.client === undefined ? await keyStore.users.page() : [];
  const nobody = { name: '(nobody)', value: '' };
  const owners = [
    nobody,
    ...users.map(({ id, email }) => ({ name: email ? `${id} (${email})` : id, value: id })),
  ];
  const owner =
    given.owner ??
    ((users.length > 0 && (await select({ message: 'Owner:', choices: owners }, context))) || undefined);
  const label = given.label ?? ((await input({ message: 'Label:' }, context)) || undefined);
  const expires =
    given.expires ?? (await input({ message: 'Expires (90d, never, or a time):', default: '90d' }, context));
  const choices = [...BUILT_IN_SCOPES, ...configured].map((value) => ({
    value,
    checked: value === 'ingest',
  }));
  const scope = given.scope ?? (await checkbox({ message: 'Scopes:', choices, required: true }, context));
  return { owner, label, expires, scope };
}
