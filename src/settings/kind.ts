/** A kind of value: the word that stands for it in help texts, and its reader. */
export interface Kind<Value> {
  readonly takes: string;
  /** @throws Expected if the text is not one */
  readonly read: (text: string) => Value;
}

/** Says what a value should have been; the message that it becomes a part of names where it came from. */
export class Expected extends Error {}
