/** When the run queue goes on, and which ready actor is next. The real one takes them in order of arrival. */
export interface Scheduler {
  /**
   * Calls `task` when the microtask queue has become empty.
   *
   * This is what lets one actor run to its next wait before another is resumed, however deep its awaits are.
   */
  afterMicrotasks(task: () => void): void;
  /** Calls `task` when the event loop has had a turn: timers and I/O that are due run first. */
  afterEventLoop(task: () => void): void;
  /**
   * Picks one of `count` (2 or more) ready actors, by its place in order of arrival; 0 is the one that has waited longest.
   * `nameAt` says who is at a place; of what is no actor, feed or sink it says nothing: `''`.
   *
   * Absent: always 0.
   */
  readonly pick?: (count: number, nameAt: (place: number) => string) => number;
}
