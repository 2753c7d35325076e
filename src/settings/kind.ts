/** A kind of value: its word in help texts, and its reader. */
export interface Kind<Value> {
  readonly takes: string;
  /** Reads a value. @throws Expected if the text is malformed */
  readonly read: (text: string) => Value;
}

/** An error that describes the expected value. The final message also names the source. */
export class Expected extends Error {}
