/** How many clients there may be. */
export interface Licence {
  /**
   * Runs what registers a new client, where the licence allows one more: of two at once at the limit, one gets in.
   * @throws KeywrightError `refused` with the reason `licence`, before anything was done; whatever `register` throws
   */
  takeSeat<T>(register: () => Promise<T>): Promise<T>;
}
