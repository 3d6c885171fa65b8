import { errorText } from '../base/errors.ts';
import { valueText } from '../base/options.ts';
import { disown } from '../base/promises.ts';
import { jumpHash } from '../channel/jump-hash.ts';
import { hashOfKey, invalidKey } from '../channel/partition.ts';
import type { Ring } from '../channel/ring.ts';
import type { PoolSettings, Routing } from './pool-options.ts';
import type { HeldUp } from './pool-waits.ts';
import type { PoolWorkers } from './pool-workers.ts';

/** What becomes of a message. */
export type Chosen =
  | { readonly kind: 'worker'; readonly number: number }
  /** Whoever is meant has no room, or is not there yet. */
  | { readonly kind: 'wait'; readonly heldUp: HeldUp }
  /** It is a dead letter: it cannot be said whom it is for. */
  | { readonly kind: 'nobody'; readonly why: string };

/** Decides which worker gets the next message. */
export class PoolChoice {
  readonly #pool: string;
  readonly #routing: Routing;
  readonly #workers: PoolWorkers;
  /** Who comes next in turn. */
  #next = 0;
  /** What a function has said of the message that comes next; undefined where it was not asked yet. */
  #said: { readonly hash: number } | { readonly number: number } | undefined;
  /** How many workers there were before the resize that is under way; 0 while there is none. */
  #before = 0;
  #marks: readonly number[] = [];

  constructor({ name, routing }: PoolSettings, workers: PoolWorkers) {
    this.#pool = name;
    this.#routing = routing;
    this.#workers = workers;
  }

  get isByKey(): boolean {
    return this.#routing.kind === 'byKey';
  }

  /** @param before - How many workers there were, where a resize is under way; else 0. */
  resizing(before: number, marks: readonly number[]): void {
    this.#before = before;
    this.#marks = [...marks];
    if (this.#routing.kind === 'custom') this.#said = undefined; // it may be for another one now
  }

  /** All keys may go to the workers that they have now. */
  get hasMoved(): boolean {
    return this.#marks.every((_, number) => this.#hasPassed(number));
  }

  /** Those that are not so far yet, and how much room there will be when they are. */
  notYetMoved(): readonly (readonly [ring: Ring, room: number])[] {
    return this.#marks.flatMap((mark, number) => {
      const ring = this.#workers.ringOf(number);
      return ring === undefined || ring.head >= mark ? [] : [[ring, roomAt(ring, mark)] as const];
    });
  }

  #hasPassed(number: number): boolean {
    const ring = this.#workers.ringOf(number);
    return ring === undefined || ring.head >= (this.#marks[number] ?? 0);
  }

  /** The message was handed on, or is a dead letter: the next one is another. */
  decided(): void {
    this.#said = undefined;
  }

  of(message: unknown): Chosen {
    switch (this.#routing.kind) {
      case 'roundRobin':
        return this.#nextInTurn();
      case 'leastLoaded':
        return this.#leastLoaded();
      case 'byKey':
        return this.#byKey(message, this.#routing.byKey);
      case 'custom':
        return this.#custom(message, this.#routing.custom);
    }
  }

  // --- Whoever has room ---------------------------------------------------------------------------------------------

  #nextInTurn(): Chosen {
    const { size } = this.#workers;
    for (let step = 0; step < size; step += 1) {
      const number = (this.#next + step) % size;
      if (this.#workers.loadOf(number) === Infinity) continue;
      this.#next = number + 1;
      return { kind: 'worker', number };
    }
    return this.#nobodyHasRoom();
  }

  #leastLoaded(): Chosen {
    const { size } = this.#workers;
    let least = Infinity;
    let number = -1;
    for (let each = 0; each < size; each += 1) {
      const load = this.#workers.loadOf(each);
      if (load >= least) continue;
      least = load;
      number = each;
    }
    return number < 0 ? this.#nobodyHasRoom() : { kind: 'worker', number };
  }

  #nobodyHasRoom(): Chosen {
    const workers = this.#workers;
    const numbers = Array.from({ length: workers.size }, (_, number) => number);
    const full = numbers.filter((number) => !workers.refuses(number));
    const left = numbers.filter((number) => !workers.hasGone(number));
    // Their circuit breakers are open, all of them: what is sent to them is answered for at once.
    if (full.length === 0 && left.length > 0) return { kind: 'worker', number: left[0] as number };
    const isOver = (): boolean =>
      numbers.some((number) => workers.loadOf(number) !== Infinity) || full.some((number) => workers.hasGone(number));
    if (full.length > 0) return this.#held(full, isOver, 'room in the mailbox of a worker');
    return this.#held([], () => false, 'a worker to be made again');
  }

  // --- A certain one ------------------------------------------------------------------------------------------------

  #byKey(message: unknown, keyOf: (message: unknown) => unknown): Chosen {
    let said = this.#said as { readonly hash: number } | undefined;
    if (said === undefined) {
      let key: unknown;
      try {
        key = keyOf(message);
      } catch (error) {
        return this.#threw(error);
      }
      const hash = hashOfKey(key);
      if (hash === undefined) return { kind: 'nobody', why: invalidKey(`byKey of pool "${this.#pool}"`, key).message };
      this.#said = said = { hash };
    }
    const number = jumpHash(said.hash, this.#workers.size);
    if (this.#before > 0) {
      const old = jumpHash(said.hash, this.#before);
      if (old !== number && !this.#hasPassed(old)) return this.#stillWithOld(old);
    }
    return this.#only(number);
  }

  /** Those before it have gone to another worker, which is still at them. */
  #stillWithOld(old: number): Chosen {
    const ring = this.#workers.ringOf(old) as Ring; // else it would have passed
    const room = roomAt(ring, this.#marks[old] ?? 0);
    const text = `worker ${old}, which has messages of the same key`;
    return { kind: 'wait', heldUp: { isOver: () => this.#hasPassed(old), rings: [[ring, room]], text } };
  }

  #custom(message: unknown, choose: Extract<Routing, { readonly kind: 'custom' }>['custom']): Chosen {
    const { size } = this.#workers;
    const said = this.#said as { readonly number: number } | undefined;
    if (said !== undefined && said.number < size) return this.#only(said.number);
    let number: unknown;
    try {
      number = choose(message, this.#workers.infos());
    } catch (error) {
      return this.#threw(error);
    }
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number >= size) {
      disown(number);
      const why = `routing of pool "${this.#pool}" must answer the number of a worker, from 0 to ${size - 1}, got ${valueText(number)}`;
      return { kind: 'nobody', why };
    }
    this.#said = { number };
    return this.#only(number);
  }

  #threw(error: unknown): Chosen {
    return { kind: 'nobody', why: `routing of pool "${this.#pool}" threw: ${errorText(error)}` };
  }

  #only(number: number): Chosen {
    const workers = this.#workers;
    if (workers.loadOf(number) !== Infinity) return { kind: 'worker', number };
    if (workers.hasGone(number)) return this.#held([], () => false, `worker ${number} to be made again`);
    if (workers.refuses(number)) return { kind: 'worker', number };
    const isOver = (): boolean => workers.loadOf(number) !== Infinity || workers.refuses(number);
    return this.#held([number], isOver, `room in the mailbox of worker ${number}`);
  }

  #held(numbers: readonly number[], isOver: () => boolean, text: string): Chosen {
    const rings = numbers.flatMap((number) => {
      const ring = this.#workers.ringOf(number);
      return ring === undefined ? [] : [[ring, 1] as const];
    });
    return { kind: 'wait', heldUp: { isOver, rings, text } };
  }
}

/** How much room there is in `ring` when it has come to `mark`, if nobody else sends there. */
function roomAt(ring: Ring, mark: number): number {
  return Math.min(ring.capacity, Math.max(1, ring.capacity - (ring.tail - mark)));
}
