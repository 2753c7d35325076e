/** The link by which whoever holds the home makes its first user, in a browser. Only the newest one works, for a quarter of an hour, once. */
export interface FirstVisit {
  /**
   * Makes a link to the console at an address. Those that were made before stop working.
   * @throws KeywrightError `io`, `store-busy`
   */
  offer(consoleUrl: string): Promise<string>;
  /**
   * Does what the link is for, unless it was used. It stays usable if that fails.
   * @returns undefined if the token is not that of the link
   * @throws KeywrightError `io`, `store-busy`, and what `work` throws
   */
  redeem<T>(token: string, work: () => Promise<T>): Promise<T | undefined>;
}
