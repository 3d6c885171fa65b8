import type { Condition } from './condition.ts';
import type { InputEnd } from './input-end.ts';

/**
 * What the turns of a loop see after one has failed with several messages in hand, until those are gone: at each input only
 * as many as its wait asked for, so that the turns to come show which of them it was.
 */
export class Narrowing {
  readonly #ends: readonly InputEnd[];

  constructor(ends: readonly InputEnd[]) {
    this.#ends = ends;
  }

  /** A turn begins that a wait for `condition` has led to. @returns false if all of them are gone: it sees everything. */
  beginTurn(condition: Condition): boolean {
    const isOver = !this.#ends.some((end) => end.narrowed);
    for (const end of this.#ends) end.hide();
    for (const end of this.#ends) end.show(0);
    if (isOver) return false;
    condition.noteAsked();
    return true;
  }

  /** A wait for `condition` inside the turn has ended: the turn sees what that one asked for as well. */
  showMore(condition: Condition): void {
    condition.noteAsked();
  }
}
