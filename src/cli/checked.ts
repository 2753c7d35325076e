import { KeywrightError } from '../core/model/errors.js';

/** Makes the check of a prompt: what is wrong with an answer is said below it, and it is asked for again. */
export function checkedBy(parse: (answer: string) => unknown): (answer: string) => Promise<true | string> {
  return async (answer) => {
    try {
      await parse(answer);
      return true;
    } catch (error) {
      if (!(error instanceof KeywrightError)) throw error;
      return error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
    }
  };
}
