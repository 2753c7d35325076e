/** A client of a broker that was refused, or a call that was. */
export interface CallbackEvent {
  readonly path: string;
  /** As the client gave it, cut short. */
  readonly clientId: string;
  readonly outcome: 'deny' | 'unavailable';
  readonly reason: string;
}
