import type { Condition } from './condition.ts';
import type { InputEnd } from './input-end.ts';
import type { Ring } from './ring.ts';

/** A message that a failed turn had in hand. */
interface Member {
  readonly ring: Ring;
  readonly sequence: number;
}

/**
 * What the turns of a loop see after one has failed with several messages in hand, until those are gone, so that the turns to
 * come show which of them it was.
 *
 * - By default they see at each input as many as their wait asked for.
 * - Isolated, they see one message at a time, and any number that a wait asks for is met by one. Of one input, if their wait
 *   leaves a choice; a wait for `all` of several inputs is given one of each.
 */
export class Narrowing {
  readonly #ends: readonly InputEnd[];
  readonly #isolates: boolean;
  /** Messages that were left when the last turn began that a wait had led to; -1 in the first of an incarnation. */
  #left = -1;
  /** The input of them that is shown next, where the wait asked for none. */
  #next = 0;
  /** Those that failed together last, while one at a time was shown: a loop may take what is new with one of them. */
  #company: readonly Member[] = [];

  constructor(ends: readonly InputEnd[], isolates: boolean) {
    this.#ends = ends;
    this.#isolates = isolates;
    if (isolates) for (const end of ends) if (!end.tick) end.isolation = this;
  }

  /** Whether those that failed together are gone. */
  get isOver(): boolean {
    return !this.#ends.some((end) => end.narrowed);
  }

  /** Everything can be seen again. */
  end(): void {
    for (const end of this.#ends) {
      end.isolation = null;
      end.show(0);
    }
  }

  /** A turn has failed with these in hand. */
  failed(members: readonly Member[]): void {
    const [alone] = members;
    const company = this.#company;
    this.#company = members.length > 1 ? members : [];
    if (members.length !== 1 || alone === undefined || !company.some((member) => isSame(member, alone))) return;
    // It fails by itself, so the failure before says nothing about those that were with it.
    for (const other of company) if (!isSame(other, alone)) other.ring.takeBackFailedAttempt(other.sequence);
  }

  /** An incarnation begins: what it has not seen yet cannot have kept it from going on. */
  begin(): void {
    this.#left = -1;
  }

  /**
   * A turn begins.
   *
   * @param condition - What it has waited for; undefined where it has waited for nothing but room.
   * @param part - The part of the condition that has ended the wait.
   */
  beginTurn(condition: Condition | undefined, part: Condition | undefined): void {
    const ends = this.#ends;
    for (const end of ends) end.hide();
    for (const end of ends) end.show(0);
    (this.#isolates ? part : condition)?.noteAsked();
    if (!this.#isolates) return;
    // A loop may wait for something else and take here all the same: shown nothing, it would never get past them.
    if (condition !== undefined && this.#isStuck()) for (const end of ends) end.show(1);
    else if (!ends.some((end) => end.narrowed && end.visible > 0)) this.#showNext();
  }

  /** A wait inside the turn has ended: the turn sees what that one asked for as well. */
  showMore(condition: Condition, part: Condition): void {
    (this.#isolates ? part : condition).noteAsked();
  }

  /** Whether the turn before took none of them, although it was shown some. */
  #isStuck(): boolean {
    const left = this.#ends.reduce((sum, end) => sum + end.suspects, 0);
    const isStuck = left === this.#left;
    this.#left = left;
    return isStuck;
  }

  /** One message of the inputs that have some of them, in turn. */
  #showNext(): void {
    const ends = this.#ends;
    for (let step = 0; step < ends.length; step += 1) {
      const index = (this.#next + step) % ends.length;
      const end = ends[index] as InputEnd;
      if (!end.narrowed) continue;
      end.show(1);
      this.#next = index + 1;
      return;
    }
  }
}

function isSame(one: Member, other: Member): boolean {
  return one.ring === other.ring && one.sequence === other.sequence;
}
