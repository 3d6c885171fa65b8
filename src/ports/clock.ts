/** Time, as everything in Holdfast sees it. The real one is `NodeClock`; `VirtualClock` moves only when a test says so. */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary start. For measuring and for deadlines. */
  nowMs(): number;
  /** Milliseconds since the epoch. For storing and showing; it may step back. */
  wallMs(): number;
  /**
   * Calls `callback` once, at or after `atMs` on the monotonic clock, never synchronously.
   *
   * @returns a function that cancels the timer; calling it again, or after it fired, does nothing.
   */
  setTimer(atMs: number, callback: () => void): () => void;
  /** Keeps the process alive until the returned function is called. */
  keepAlive(): () => void;
}
