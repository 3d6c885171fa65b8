import type { GraphEvent } from '../actor/events.ts';
import type { Runnable, SliceWatch } from '../actor/run-queue.ts';
import type { Log } from '../ports/log.ts';
import type { LoopGuard, Part, Watchdog, WatchOptions } from '../ports/watchdog.ts';

interface Listener {
  readonly log: Log;
  emit(event: GraphEvent): void;
}

/** Tells the watchdog who has the event loop, by numbers that it gives, and the graph when a standstill is over. */
export class LoopWatch implements SliceWatch {
  readonly #guard: LoopGuard;
  readonly #listener: Listener;
  /** Those that have had a slice and have not ended, by number. */
  readonly #parts = new Map<number, Part>();
  readonly #numbers = new Map<string, number>();
  #lastNumber = 0;
  /** Numbers of those that have ended; the slice in which they did may still be reported. */
  readonly #ended: number[] = [];

  constructor(watchdog: Watchdog, options: Omit<WatchOptions, 'cameBack' | 'failed'>, listener: Listener) {
    this.#listener = listener;
    this.#guard = watchdog.watch({
      ...options,
      cameBack: (id, elapsedMs) => this.#cameBack(this.#parts.get(id), elapsedMs),
      failed: (error) => listener.log.error({ err: error }, 'the watchdog has failed: nobody watches the event loop'),
    });
  }

  enter(runnable: Runnable): void {
    const id = runnable.watchNumber;
    this.#guard.enter(id === 0 ? this.#introduce(runnable) : (id ?? 0));
  }

  leave(elapsedMs: number): void {
    this.#guard.leave(elapsedMs);
    if (this.#ended.length > 0) this.#forget();
  }

  /** An actor, a feed or a sink has ended. Names are used once in a graph, whatever they are names of. */
  ended(name: string): void {
    const id = this.#numbers.get(name);
    if (id === undefined) return;
    this.#numbers.delete(name);
    this.#ended.push(id);
  }

  stop(): void {
    this.#guard.stop();
  }

  #forget(): void {
    for (const id of this.#ended.splice(0)) {
      this.#parts.delete(id);
      this.#guard.forget(id);
    }
  }

  #introduce(runnable: Runnable): number {
    const { part } = runnable;
    if (part === undefined) return 0;
    const known = this.#numbers.get(part.name);
    if (known !== undefined) return (runnable.watchNumber = known); // an actor that has hibernated since
    this.#lastNumber += 1;
    runnable.watchNumber = this.#lastNumber;
    this.#parts.set(this.#lastNumber, part);
    this.#numbers.set(part.name, this.#lastNumber);
    this.#guard.introduce(this.#lastNumber, part);
    return this.#lastNumber;
  }

  #cameBack(part: Part | undefined, elapsedMs: number): void {
    const fields = part === undefined ? { elapsedMs } : { [part.kind]: part.name, elapsedMs };
    this.#listener.log.warn(fields, 'no longer stuck: the event loop goes on');
    this.#listener.emit({ kind: 'stuck', part, elapsedMs });
  }
}
