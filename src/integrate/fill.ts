import type { Installation } from './integration.js';

/** The values of a template by their names: a text, lines, or a condition. */
type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/**
 * Fills a template. `{{name}}` is a text. Alone in a line it may be any number of lines, each with that line's
 * indentation. A line after `{{?name}}` stays if the value is true or a text, and a line after `{{!name}}` if not. Each
 * template may name `httpUrl`, `caFile`, `home`, `version` and `tls`.
 */
export function fill(template: string, installation: Installation, more: Values = {}): string {
  const { httpUrl, caFile, home, version } = installation;
  const values: Values = { httpUrl, caFile, home, version, tls: httpUrl.startsWith('https:'), ...more };
  return template
    .split('\n')
    .flatMap((line) => fillLine(line, values))
    .join('\n');
}

function fillLine(line: string, values: Values): string | readonly string[] {
  const [, sign, condition = '', rest = line] = /^\{\{([?!])(\w+)\}\}(.*)$/.exec(line) ?? [];
  if (sign !== undefined && Boolean(values[condition]) !== (sign === '?')) return [];
  const [, indentation, name = ''] = /^(\s*)\{\{(\w+)\}\}$/.exec(rest) ?? [];
  const lines = values[name];
  if (typeof lines === 'object') return lines.map((each) => `${indentation}${each}`);
  return rest.replace(/\{\{(\w+)\}\}/g, (_, each: string) => {
    const text = values[each];
    if (typeof text !== 'string') throw new TypeError(`a template names ${each}, which is no text`);
    return text;
  });
}
