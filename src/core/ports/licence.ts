/** The limit on the number of clients. */
export interface Licence {
  /** Checks early if `takeSeat` would refuse. @throws KeywrightError `refused` with the reason `licence` */
  requireSeat(): Promise<void>;
  /** Counts the seats that are left, as of now; infinitely many without a limit. It is 0 if the licence does not hold. */
  seatsLeft(): Promise<number>;
  /**
   * Writes new clients if the licence allows as many more. If two come at once for the last seat, one gets it.
   * @throws KeywrightError `refused` with the reason `licence`, before anything is written; also any error of `write`
   */
  takeSeats<T>(count: number, write: () => Promise<T>): Promise<T>;
}
