/** The part of pino's interface that the server uses. */
export interface Log {
  info(text: string): void;
  info(details: object, text: string): void;
  warn(text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}
