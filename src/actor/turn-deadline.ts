import type { Runtime } from './runtime.ts';
import type { ActorSettings } from './settings.ts';
import { Timer } from './timer-queue.ts';

/** An actor as far as its deadlines go. */
export interface TimedActor {
  readonly runtime: Runtime;
  readonly settings: ActorSettings;
  /** An open turn has reached its deadline. */
  /** An open turn has reached its deadline. */
  interruptBy(interrupt: { readonly kind: 'timeout' }): void;
}

/** @returns null where a turn may take as long as it likes. */
export function deadlineOf(actor: TimedActor): TurnDeadline | null {
  const { runtime, settings } = actor;
  if (settings.turnTimeoutMs === Infinity) return null;
  return new TurnDeadline(runtime, settings.turnTimeoutMs, () => actor.interruptBy({ kind: 'timeout' }));
}

/** The deadline of the turn that is open, if any. */
export class TurnDeadline {
  readonly #runtime: Runtime;
  readonly #timeoutMs: number;
  readonly #passed: () => void;
  #timer: Timer | undefined;
  /** Infinity while no turn is open. */
  #atMs = Infinity;

  /** @param passed - Is called when an open turn has reached its deadline; may be too late: ask `isOver` then. */
  constructor(runtime: Runtime, timeoutMs: number, passed: () => void) {
    this.#runtime = runtime;
    this.#timeoutMs = timeoutMs;
    this.#passed = passed;
  }

  /** An asynchronous turn begins. */
  open(): void {
    if (this.#timeoutMs === Infinity) return;
    const { clock, timers } = this.#runtime;
    this.#atMs = clock.nowMs() + this.#timeoutMs;
    this.#timer ??= new Timer(() => this.#fired());
    // Armed once and left to run: it looks at the deadline of the turn that is open when it fires.
    if (!this.#timer.armed) timers.arm(this.#timer, this.#atMs);
  }

  /** The turn is decided or given up: from here on nothing counts against its deadline. */
  close(): void {
    this.#atMs = Infinity;
  }

  /** A turn is open past its deadline. */
  get isOver(): boolean {
    return this.#runtime.clock.nowMs() >= this.#atMs;
  }

  stop(): void {
    this.close();
    if (this.#timer !== undefined) this.#runtime.timers.disarm(this.#timer);
  }

  #fired(): void {
    if (this.#atMs === Infinity) return;
    if (this.isOver) this.#passed();
    else this.#runtime.timers.arm(this.#timer as Timer, this.#atMs);
  }
}
