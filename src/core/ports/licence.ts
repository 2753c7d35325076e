/** The limit on the number of clients. */
export interface Licence {
  /** Checks early if `takeSeat` would refuse. @throws KeywrightError `refused` with the reason `licence` */
  requireSeat(): Promise<void>;
  /**
   * Writes a new client if the licence allows one more. If two come at once for the last seat, one gets it.
   * @throws KeywrightError `refused` with the reason `licence`, before anything is written; also any error of `write`
   */
  takeSeat<T>(write: () => Promise<T>): Promise<T>;
}
