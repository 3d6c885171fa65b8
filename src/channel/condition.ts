import type { InputEnd } from './input-end.ts';
import type { OutputEnd } from './output-end.ts';
import type { Ring } from './ring.ts';

/** What a parked wait can ask to be woken by. Messages need no asking: a ring tells its one consumer anyway. */
export interface Waker {
  watchVacancy(ring: Ring, count: number): void;
  armTimeout(condition: TimeoutCondition): void;
}

/** A timeout that runs while its wait is parked. */
export interface TimeoutCondition {
  readonly timeoutMs: number;
  /** The time has passed; false again when the wait has ended. */
  due: boolean;
}

/** What became due and is used up when the turn commits that a wait began. */
export interface DueBeat {
  /** The turn committed. */
  consume(): void;
  /** The turn was rolled back: the beat is due again. */
  release(): void;
}

/**
 * Something a wait can wait for. Building one does nothing: no timer, no registration.
 *
 * Made by `input.avail()`, `output.vacant()`, `all`, `any`, `sameLane`, `every`, `after` and `until`. May be kept and used
 * again.
 */
export interface Condition {
  /** Nothing else is one. */
  readonly isCondition: true;
  /** @internal A drained input counts as met. Only inside `all`: in `any` it would make a loop spin. */
  holds(drainedIsMet: boolean): boolean;
  /** @internal Waits for nothing but inputs that have drained, and room perhaps: it has nothing to give any more. */
  isSpent(): boolean;
  /** @internal Asks to be woken by whatever may make this hold. */
  attach(waker: Waker): void;
  /** @internal Gathers the beats that are used up if this condition ends the wait. */
  collectDue(beats: DueBeat[]): void;
  /** @internal Notes how many messages are asked for, at each input. */
  noteAsked(): void;
  /** @internal Waits for messages, here or further in. */
  readonly readsInputs: boolean;
  /** @internal Waits for time or a promise, here or further in. */
  readonly timed: boolean;
  /** @internal A {@link LanedCondition}: has to do with a bundle, here or further in. */
  readonly laned: boolean;
  /** @internal Holds because time has passed or a promise has settled, not because of messages. */
  timePassed(): boolean;
  /** In words, with figures, for the report of what held a shutdown. */
  describe(): string;
}

/** A condition that the lanes of a bundle meet in turn. */
export interface LanedCondition extends Condition {
  readonly laned: true;
  /** The lane that this would end its wait with; -1 if none. */
  lane(): number;
  /**
   * This has ended its wait with {@link lane}, which gives way to the others.
   *
   * @param narrowed - Messages that failed together are still there: of the other lanes it looked at the turn sees nothing.
   */
  served(narrowed: boolean): void;
}

export function isLaned(condition: Condition): condition is LanedCondition {
  return condition.laned;
}

/**
 * `input.avail(count)`: at least `count` messages are there; or fewer, if the channel is closed and they are the last, or if
 * somebody waits for more room than the channel has: what is missing may be what waits, and would never come.
 */
export class AvailCondition implements Condition {
  readonly isCondition = true;
  readonly readsInputs = true;
  readonly timed = false;
  readonly laned = false;
  readonly #end: InputEnd;
  readonly #count: number;

  constructor(end: InputEnd, count: number) {
    this.#end = end;
    this.#count = count;
    if (count > 1) end.ring.heldBack = true;
  }

  holds(drainedIsMet: boolean): boolean {
    const end = this.#end;
    if (end.hasAvailable(this.#count)) return true;
    if (end.ring.closed) return drainedIsMet || end.waiting > 0;
    return end.waiting > 0 && end.ring.lacksRoom;
  }

  isSpent(): boolean {
    return this.#end.drained;
  }

  attach(): void {}
  collectDue(): void {}

  noteAsked(): void {
    this.#end.show(this.#count);
  }

  timePassed(): boolean {
    return false;
  }

  describe(): string {
    return `${this.#end.name}.avail(${this.#count}), ${this.#end.ring.size} there`;
  }
}

/** `output.vacant(count)`: there is room for `count` messages, at this moment. A hint, not a reservation. */
export class VacantCondition implements Condition {
  readonly isCondition = true;
  readonly readsInputs = false;
  readonly timed = false;
  readonly laned = false;
  readonly #end: OutputEnd;
  readonly #count: number;

  constructor(end: OutputEnd, count: number) {
    this.#end = end;
    this.#count = count;
  }

  holds(): boolean {
    const ring = this.#end.ring;
    // Where it goes nowhere, or elsewhere, there is nothing here to wait for.
    if (ring.takesNoMore || ring.turnedAway !== null) return true;
    return ring.limit - ring.size - this.#end.count >= this.#count;
  }

  isSpent(): boolean {
    return false;
  }

  attach(waker: Waker): void {
    waker.watchVacancy(this.#end.ring, this.#count);
  }

  collectDue(): void {}
  noteAsked(): void {}

  timePassed(): boolean {
    return false;
  }

  describe(): string {
    const { limit, size } = this.#end.ring;
    return `${this.#end.name}.vacant(${this.#count}), ${Math.max(0, limit - size)} of ${limit} free`;
  }
}

/** `all(...)`: every one holds. A drained input counts as met. */
export class AllCondition implements Condition {
  readonly isCondition = true;
  readonly readsInputs: boolean;
  readonly timed: boolean;
  readonly laned: boolean;
  readonly #parts: readonly Condition[];
  /** The parts by kind: in a loop over one kind, each check is inlined. */
  readonly #avail: readonly AvailCondition[];
  readonly #vacant: readonly VacantCondition[];
  readonly #others: readonly Condition[];

  constructor(parts: readonly Condition[]) {
    this.#parts = parts;
    this.#avail = parts.filter((part) => part instanceof AvailCondition);
    this.#vacant = parts.filter((part) => part instanceof VacantCondition);
    this.#others = parts.filter((part) => !(part instanceof AvailCondition || part instanceof VacantCondition));
    this.readsInputs = parts.some((part) => part.readsInputs);
    this.timed = parts.some((part) => part.timed);
    this.laned = parts.some((part) => part.laned);
  }

  holds(): boolean {
    const avail = this.#avail;
    for (let index = 0; index < avail.length; index += 1) {
      if (!(avail[index] as AvailCondition).holds(true)) return false;
    }
    const vacant = this.#vacant;
    for (let index = 0; index < vacant.length; index += 1) {
      if (!(vacant[index] as VacantCondition).holds()) return false;
    }
    return this.#others.length === 0 || this.#others.every((part) => part.holds(true));
  }

  isSpent(): boolean {
    return this.readsInputs && this.#parts.every((part) => part.isSpent() || !(part.readsInputs || part.timed));
  }

  attach(waker: Waker): void {
    for (const part of this.#parts) part.attach(waker);
  }

  collectDue(beats: DueBeat[]): void {
    for (const part of this.#parts) part.collectDue(beats);
  }

  noteAsked(): void {
    for (const part of this.#parts) part.noteAsked();
  }

  /** That of the first bundle: where several have to be ready in the same lane there is `sameLane`. */
  lane(): number {
    for (const part of this.#others) {
      const lane = isLaned(part) ? part.lane() : -1;
      if (lane >= 0) return lane;
    }
    return -1;
  }

  served(narrowed: boolean): void {
    for (const part of this.#others) if (isLaned(part)) part.served(narrowed);
  }

  timePassed(): boolean {
    return this.timed && this.#parts.every((part) => !part.timed || part.timePassed());
  }

  describe(): string {
    return `all(${this.#parts.map((part) => part.describe()).join(', ')})`;
  }
}

/** `any(...)`: at least one holds. A drained input is no candidate. */
export class AnyCondition implements Condition {
  readonly isCondition = true;
  readonly readsInputs: boolean;
  readonly timed: boolean;
  readonly laned: boolean;
  readonly #parts: readonly Condition[];

  constructor(parts: readonly Condition[]) {
    this.#parts = parts;
    this.readsInputs = parts.some((part) => part.readsInputs);
    this.timed = parts.some((part) => part.timed);
    this.laned = parts.some((part) => part.laned);
  }

  holds(drainedIsMet: boolean): boolean {
    // Inside `all`, an `any` that only drained inputs are left of is met like a drained input: or `all` never would be.
    return this.ready(0) >= 0 || (drainedIsMet && this.isSpent());
  }

  isSpent(): boolean {
    return this.readsInputs && this.#parts.every((part) => part.isSpent());
  }

  /** The first part that holds, looking round from `start`; -1 if none does. */
  ready(start: number): number {
    const parts = this.#parts;
    for (let step = 0; step < parts.length; step += 1) {
      const index = (start + step) % parts.length;
      const part = parts[index] as Condition;
      // An `all` over drained inputs holds for ever: taken for a candidate, it would make the loop spin.
      if (part.holds(false) && !part.isSpent()) return index;
    }
    return -1;
  }

  part(index: number): Condition | undefined {
    return this.#parts[index];
  }

  attach(waker: Waker): void {
    for (const part of this.#parts) part.attach(waker);
  }

  collectDue(beats: DueBeat[]): void {
    this.#parts[this.ready(0)]?.collectDue(beats);
  }

  noteAsked(): void {
    for (const part of this.#parts) part.noteAsked();
  }

  lane(): number {
    const part = this.#parts[this.ready(0)];
    return part !== undefined && isLaned(part) ? part.lane() : -1;
  }

  served(narrowed: boolean): void {
    const part = this.#parts[this.ready(0)];
    if (part !== undefined && isLaned(part)) part.served(narrowed);
  }

  timePassed(): boolean {
    return this.#parts.some((part) => part.timePassed());
  }

  describe(): string {
    return `any(${this.#parts.map((part) => part.describe()).join(', ')})`;
  }
}
