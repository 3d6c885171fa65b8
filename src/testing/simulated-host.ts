import type { Host } from '../ports/host.ts';

/** A process that a test drives: it sends the signals, and reads the exit status. */
export class SimulatedHost implements Host {
  readonly #signals = new Set<(signal: 'SIGINT' | 'SIGTERM') => void>();
  readonly #strays = new Set<(error: unknown) => void>();
  /** The status that was set, or that the process was ended with. */
  exitStatus: number | undefined;
  /** What `heapUsedRatio` answers; a test sets it. */
  heapUsed = 0;
  /** The process was ended, rather than left to end. */
  exited = false;

  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
    this.#signals.add(listener);
    return () => this.#signals.delete(listener);
  }

  onStrayError(listener: (error: unknown) => void): () => void {
    this.#strays.add(listener);
    return () => this.#strays.delete(listener);
  }

  setExitStatus(status: number): void {
    this.exitStatus = status;
  }

  exit(status: number): void {
    this.exitStatus = status;
    this.exited = true;
  }

  heapUsedRatio(): number {
    return this.heapUsed;
  }

  /** How many listeners are left, of both kinds. */
  get listeners(): number {
    return this.#signals.size + this.#strays.size;
  }

  /** Sends the process a signal. */
  signal(signal: 'SIGINT' | 'SIGTERM'): void {
    for (const listener of this.#signals) listener(signal);
  }

  /** Throws `error` where nothing catches it. */
  strayError(error: unknown): void {
    for (const listener of this.#strays) listener(error);
  }
}
