export interface ApiKeyAnswers {
  readonly label?: string | undefined;
  readonly expires?: string | undefined;
  readonly scope?: string[] | undefined;
}

const SCOPES = ['ingest', 'admin', 'metrics'];

/** Asks for what was left out, where there is a terminal to ask on. */
export async function askApiKey(given: ApiKeyAnswers): Promise<ApiKeyAnswers> {
  if (!process.stdin.isTTY) return given;
  const { checkbox, input } = await import('@inquirer/prompts');
  const context = { output: process.stderr };
  const label = given.label ?? ((await input({ message: 'Label:' }, context)) || undefined);
  const expires =
    given.expires ?? (await input({ message: 'Expires (90d, never, or a time):', default: '90d' }, context));
  const choices = SCOPES.map((value) => ({ value, checked: value === 'ingest' }));
  const scope = given.scope ?? (await checkbox({ message: 'Scopes:', choices, required: true }, context));
  return { label, expires, scope };
}
