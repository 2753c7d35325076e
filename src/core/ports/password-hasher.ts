/** Hashes passwords slowly, outside the event loop. */
export interface PasswordHasher {
  /** @throws KeywrightError `busy` */
  hash(password: string): Promise<string>;
  /** Checks a password. Without a hash it takes the same time and returns false. @throws KeywrightError `busy` */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}
