import stringWidth from 'string-width';

/**
 * Fills lines: single line ends are blanks, blank lines part paragraphs, and each indented line stays a line of its own. No
 * word is broken.
 */
export function wrapped(text: string, width: number): string {
  const blocks: string[] = [];
  let isOpen = false;
  for (const line of text.replace(/^\n+|\s+$/g, '').split('\n')) {
    const isText = /^\S/.test(line);
    if (isText && isOpen) blocks.push(`${blocks.pop()} ${line}`);
    else blocks.push(line.trimEnd());
    isOpen = isText;
  }
  return blocks.map((block) => filled(block, width)).join('\n');
}

/** Fills one block. Where it has two columns, parted by two blanks, its lines go on under the second. */
function filled(block: string, width: number): string {
  const [indent = ''] = /^\s*/.exec(block) ?? [];
  const [first = ''] = /^\s*\S+(?: \S+)* {2,}/.exec(block) ?? [];
  const hanging = first.length > 0 && first.length < width / 2 ? first.length : indent.length;
  const head = first.length > 0 ? first : indent;
  const [line = '', ...others] = fill(block.slice(head.length).split(' '), {
    first: width - head.length,
    width: width - hanging,
  });
  return [head + line, ...others.map((other) => ' '.repeat(hanging) + other)].join('\n');
}

function fill(
  words: readonly string[],
  { first, width }: { readonly first: number; readonly width: number },
) {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(longer) > (lines.length === 1 ? first : width)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

export function indented(text: string, by = 2): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

/** Lists names with their descriptions: beside them, or below them if the names are long for that width. */
export function described(pairs: readonly (readonly [name: string, about: string])[], width: number): string {
  const longest = Math.max(...pairs.map(([name]) => stringWidth(name)));
  if (longest > width * 0.4)
    return pairs.map(([name, about]) => `${name}\n${indented(wrapped(about, width - 4), 4)}`).join('\n');
  const gap = longest + 2;
  return pairs
    .map(([name, about]) => {
      const lines = indented(wrapped(about, width - gap), gap);
      return `${name}${' '.repeat(gap - stringWidth(name))}${lines.trimStart()}`.trimEnd();
    })
    .join('\n');
}

/** Breaks a command line for a shell, which may be copied as it stands: a flag stays with its value. */
export function shellLines(command: string, width: number): string {
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  const parts: string[] = [];
  for (const [index, word] of words.entries()) {
    const isValue = /^--?\w/.test(words[index - 1] ?? '') && !/^[-|>]/.test(word);
    if (isValue) parts.push(`${parts.pop()} ${word}`);
    else parts.push(word);
  }
  // Room for the backslash, and for the indent of the lines after the first.
  const lines = fill(parts, { first: width - 2, width: width - 6 });
  return lines.join(' \\\n    ');
}
