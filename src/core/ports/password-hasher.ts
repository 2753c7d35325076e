/** How passwords are kept: slow to try, off the event loop. */
export interface PasswordHasher {
  /** @throws KeywrightError `busy` */
  hash(password: string): Promise<string>;
  /** Takes the same time for a hash that is undefined, and is then false. @throws KeywrightError `busy` */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}
