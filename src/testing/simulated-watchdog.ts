import type { LoopGuard, Part, Watchdog, WatchOptions } from '../ports/watchdog.ts';

/** A watchdog without a thread: it sees nothing by itself, and reports what a test says. */
export class SimulatedWatchdog implements Watchdog {
  /** Those that watch at present. */
  readonly #guards = new Set<SimulatedGuard>();

  watch(options: WatchOptions): LoopGuard {
    const guard = new SimulatedGuard(options, () => this.#guards.delete(guard));
    this.#guards.add(guard);
    return guard;
  }

  /** How many graphs are watched. */
  get watching(): number {
    return this.#guards.size;
  }

  /** Who has the event loop; undefined if that is no part of a graph. */
  get holder(): Part | undefined {
    return [...this.#guards].map((guard) => guard.holder).find((part) => part !== undefined);
  }

  /** Those that have been introduced and not forgotten. */
  get known(): readonly Part[] {
    return [...this.#guards].flatMap((guard) => guard.known);
  }

  /** What runs now holds the event loop for `elapsedMs`, and is reported: the graph hears of it when it goes on. */
  standStill(elapsedMs: number): void {
    for (const guard of this.#guards) guard.standStill(elapsedMs);
  }

  /** The thread dies. */
  fail(error: unknown): void {
    for (const guard of this.#guards) guard.fail(error);
  }
}

class SimulatedGuard implements LoopGuard {
  readonly #options: WatchOptions;
  readonly #onStop: () => void;
  readonly #parts = new Map<number, Part>();
  #holder = 0;
  #reportedMs = 0;

  constructor(options: WatchOptions, onStop: () => void) {
    this.#options = options;
    this.#onStop = onStop;
  }

  get holder(): Part | undefined {
    return this.#parts.get(this.#holder);
  }

  get known(): readonly Part[] {
    return [...this.#parts.values()];
  }

  introduce(id: number, part: Part): void {
    this.#parts.set(id, part);
  }

  forget(id: number): void {
    this.#parts.delete(id);
  }

  enter(id: number): void {
    this.#holder = id;
  }

  leave(): void {
    this.#tell();
    this.#holder = 0;
  }

  stop(): void {
    this.#tell();
    this.#onStop();
  }

  standStill(elapsedMs: number): void {
    if (elapsedMs < this.#options.stuckAfterMs) return;
    this.#reportedMs = elapsedMs;
    if (this.#holder === 0) this.#tell();
  }

  fail(error: unknown): void {
    this.#options.failed(error);
  }

  #tell(): void {
    const elapsedMs = this.#reportedMs;
    this.#reportedMs = 0;
    if (elapsedMs > 0) this.#options.cameBack(this.#holder, elapsedMs);
  }
}
