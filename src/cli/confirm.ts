import { prompts } from './prompts.js';

/** Asks a yes-or-no question until it is answered. Without a terminal, the answer is yes. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const { input } = await prompts();
  const answer = await input(
    {
      message: `${question} (y/N)`,
      validate: (text) => /^(y|yes|n|no)?$/i.test(text.trim()) || 'answer y or n; nothing for n',
    },
    { output: process.stderr },
  );
  return /^y/i.test(answer.trim());
}
