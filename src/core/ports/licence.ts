/** The number of clients that there may be. */
export interface Licence {
  /** Refuses early what `takeSeat` would refuse. @throws KeywrightError `refused` with the reason `licence` */
  requireSeat(): Promise<void>;
  /**
   * Runs the writing of a new client if the licence allows one more: of two at once at the limit, one gets in.
   * @throws KeywrightError `refused` with the reason `licence`, before anything was written; whatever `write` throws
   */
  takeSeat<T>(write: () => Promise<T>): Promise<T>;
}
