/** A part of a graph in which code of a user runs. */
export interface Part {
  /** What it is. */
  readonly kind: 'actor' | 'feed' | 'sink';
  /** As it was placed. */
  readonly name: string;
}

/** What a watchdog is to watch for, and whom it tells. */
export interface WatchOptions {
  /** Name of the graph, for the lines of the log. */
  readonly graph: string;
  /** How long the event loop may stand still, in milliseconds, before that is reported. */
  readonly stuckAfterMs: number;
  /** Level of the log; `undefined`: that of the environment. */
  readonly logLevel: string | undefined;
  /**
   * The loop goes on, after it has been reported as stuck.
   *
   * @param id - The part that held it, by its number; 0: none of the graph's.
   */
  readonly cameBack: (id: number, elapsedMs: number) => void;
  /** Nobody watches any more. */
  readonly failed: (error: unknown) => void;
}

/**
 * Notices that the event loop stands still, and says so while it does: from outside, because nothing inside can. The real
 * one is a thread.
 */
export interface Watchdog {
  /** Watches from now on, until the guard is stopped. */
  watch(options: WatchOptions): LoopGuard;
}

/** The end of a watchdog that the event loop holds. */
export interface LoopGuard {
  /** `part` is called `id` from now on: an integer of 1 or more. */
  introduce(id: number, part: Part): void;
  /** Nobody is called `id` any more. */
  forget(id: number): void;
  /** The part `id` has the event loop; 0: it is none that was introduced. Called for every slice. */
  enter(id: number): void;
  /** The part that was entered last has given the event loop back, after `elapsedMs`. */
  leave(elapsedMs: number): void;
  /** Watches no longer. What was reported and has not been told yet is told. */
  stop(): void;
}
