/** Without letters and digits that look like others. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const GROUPS = 4;
const GROUP_LENGTH = 5;

/** What a password has to be like, as the server wants it. */
export const PASSWORD_RULE = { least: 12, most: 512, words: '12 to 512 characters.' } as const;

/** Makes a password of 115 random bits, in groups that can be read out: `hT4bq-…`. */
export function generatePassword(): string {
  const group = () => Array.from({ length: GROUP_LENGTH }, randomLetter).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}

function randomLetter(): string {
  // What lies beyond the last whole round of the letters would favour the first ones.
  const fair = 256 - (256 % LETTERS.length);
  for (;;) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < fair) return LETTERS.charAt(byte % LETTERS.length);
  }
}
