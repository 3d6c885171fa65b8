import { OutputEnd } from '../channel/output-end.ts';
import type { Ring } from '../channel/ring.ts';
import type { ActorCell } from './actor-cell.ts';
import type { PoolCell } from './pool-cell.ts';
import type { PoolWorker } from './pool-options.ts';

/** A worker that there is, and the router's end at its mailbox: no sender of it, as where a ref is used. */
interface Worker {
  readonly cell: ActorCell;
  readonly end: OutputEnd;
  /** It has begun once: one that does not want to run gets no messages. */
  isReady: boolean;
}

/** The workers of a pool, as its router sees them in one turn. */
export class PoolWorkers {
  readonly #pool: PoolCell;
  #workers: readonly (Worker | undefined)[] = [];
  /** How many of them get messages. */
  size = 0;
  /** Those beyond. */
  leaving: readonly ActorCell[] = [];

  constructor(pool: PoolCell) {
    this.#pool = pool;
  }

  refresh(size: number): void {
    const before = this.#workers;
    const cells = this.#pool.workersByNumber();
    this.size = size;
    this.leaving = cells.slice(size).filter((cell) => cell !== undefined);
    this.#workers = cells.map((cell, number) => {
      const known = before[number];
      if (cell === undefined || known?.cell === cell) return known?.cell === cell ? known : undefined;
      return { cell, end: this.#endAt(cell.mailbox.ring()), isReady: false };
    });
  }

  #endAt(ring: Ring): OutputEnd {
    const { turn, runtime } = this.#pool.awake;
    return new OutputEnd(turn, ring.name, ring, runtime.freezer);
  }

  isThere(number: number): boolean {
    return this.#workers[number]?.cell.ended === false;
  }

  /** The numbers of those that should be there, and are not. */
  get missing(): readonly number[] {
    let missing: number[] | undefined;
    for (let number = 0; number < this.size; number += 1) {
      if (!this.isThere(number)) (missing ??= []).push(number);
    }
    return missing ?? NONE;
  }

  /** Where something happens when one of those that leave has ended. */
  ringsOfLeaving(): readonly (readonly [ring: Ring, room: number])[] {
    return this.#workers.slice(this.size).flatMap((worker) => {
      if (worker === undefined || worker.cell.ended) return [];
      const { ring } = worker.end;
      return [[ring, ring.capacity] as const];
    });
  }

  ringOf(number: number): Ring | undefined {
    return this.#workers[number]?.end.ring;
  }

  #hasBegun({ cell }: Worker): boolean {
    return this.#pool.family?.hasBegun(cell) === true;
  }

  /** Messages that it has, with those of this turn; Infinity where there is no room for one more. */
  loadOf(number: number): number {
    const worker = this.#workers[number];
    if (worker === undefined || !(worker.isReady ||= this.#hasBegun(worker))) return Infinity;
    const { ring, count } = worker.end;
    const load = ring.size + count;
    return ring.contended || load >= ring.limit ? Infinity : load;
  }

  /** Nobody takes what is sent to it: it has gone for good, or its circuit breaker is open. */
  refuses(number: number): boolean {
    return this.#workers[number]?.end.ring.refuses !== false;
  }

  /** It has gone for good. */
  hasGone(number: number): boolean {
    const worker = this.#workers[number];
    return worker === undefined || worker.cell.ended || worker.end.ring.takesNoMore || worker.end.ring.closed;
  }

  /** No turn can stage more for one channel than it can hold, not even where all of that becomes dead letters. */
  mayStage(number: number): boolean {
    const end = this.#workers[number]?.end;
    return end !== undefined && end.count < end.ring.capacity;
  }

  stage(number: number, message: unknown): void {
    this.#workers[number]?.end.stage(message);
  }

  /** Up to where the mailbox of each is filled. */
  tails(): number[] {
    return Array.from({ length: this.size }, (_, number) => this.ringOf(number)?.tail ?? 0);
  }

  /** For those who choose among them. */
  infos(): readonly PoolWorker[] {
    return Array.from({ length: this.size }, (_, number): PoolWorker => {
      const worker = this.#workers[number];
      const waiting = worker === undefined ? 0 : worker.end.ring.size + worker.end.count;
      return { name: `${this.#pool.name}/${number}`, waiting, isLeaving: false };
    });
  }
}

const NONE: readonly never[] = Object.freeze([]);
