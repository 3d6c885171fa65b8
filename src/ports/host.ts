/**
 * The process around a graph. Used by `graph.run()` alone, and by degradation for the size of the heap: nothing else in
 * Holdfast touches the process.
 */
export interface Host {
  /** Calls `listener` at each SIGINT and SIGTERM. @returns a function that stops listening. */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
  /** Calls `listener` for each error that nothing caught. @returns a function that stops listening. */
  onStrayError(listener: (error: unknown) => void): () => void;
  /** Sets the status the process will exit with. */
  setExitStatus(status: number): void;
  /** Ends the process now. */
  exit(status: number): void;
  /**
   * Part of the heap that the process may have that is in use, from 0 to 1: at 1 it dies. Garbage counts until it is
   * collected, and objects that are new do not.
   */
  heapUsedRatio(): number;
}
