import type { ContractStep } from './integration.js';

type Judge = ContractStep['judge'];

/** Expects a status, and a text as the whole body. */
export function isText(status: number, text: string): Judge {
  return (answer) =>
    answer.status === status && answer.body === text
      ? undefined
      : `is ${answer.status} ${JSON.stringify(answer.body)}, not ${status} ${JSON.stringify(text)}`;
}

/** Expects a status, and some members of the JSON body, which may have more. */
export function hasMembers(status: number, members: Readonly<Record<string, unknown>>): Judge {
  return ({ status: found, body }) => {
    const wanted = Object.entries(members).every(
      ([name, value]) => JSON.stringify(memberOf(body, name)) === JSON.stringify(value),
    );
    return found === status && wanted
      ? undefined
      : `is ${found} ${JSON.stringify(body)}, not ${status} with ${JSON.stringify(members)}`;
  };
}

function memberOf(body: string, name: string): unknown {
  try {
    return JSON.parse(body)[name];
  } catch {
    return undefined;
  }
}

/** The placeholder of the secret in a printed configuration, because others may read the printed text. */
export const SECRET_PLACEHOLDER = 'CALLBACK_SECRET';

/** Makes the line about the file with the real secret. */
export function secretNote(secretFile: string | undefined): readonly string[] {
  return secretFile === undefined
    ? []
    : [`# Put the text in ${secretFile} where ${SECRET_PLACEHOLDER} stands, and close this file to others.`];
}

/** An API key of the right form that was never issued. */
export const STRANGERS_KEY = `kw_live_${'0'.repeat(32)}000000`;

/** Makes the HTTP Basic header that brokers send for `http://keywright:SECRET@…`. */
export function basic(secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`keywright:${secret}`).toString('base64')}` };
}
