/** Notes on one ring above which those that tell little are dropped. */
const NOTES_MAX = 64;
/** Two notes may be as far apart as this part of their age. */
const PRECISION = 1 / 8;

/** At `atMs` all messages before position `tail` were there. */
interface Note {
  readonly tail: number;
  readonly atMs: number;
}

/**
 * Estimates how long the oldest message of a ring has been there, from looks at it now and then: messages carry no time,
 * so that sending one costs nothing for it.
 *
 * ```
 *   positions   head ──▶ . . . . . . . . . . ◀── tail
 *   notes             :      :           :       a look at 10 s saw the tail here, one at 20 s there, ...
 * ```
 *
 * What lies before the oldest note that the head has not reached was there when that note was made. The estimate is never
 * too high; it is too low by the time between two looks at the most and, after a long time, by an eighth of the age, because
 * old notes are thinned out: their number grows with the logarithm of the age.
 */
export class BacklogAge {
  #notes: Note[] = [];

  /** Looks at a ring. @returns how long its oldest message has been there at least, in milliseconds; 0 for an empty one. */
  look(head: number, tail: number, nowMs: number): number {
    const gone = this.#notes.findIndex((note) => note.tail > head);
    this.#notes.splice(0, gone < 0 ? this.#notes.length : gone);
    if (head === tail) return 0;
    const newest = this.#notes.at(-1);
    if (newest === undefined || tail > newest.tail) this.#notes.push({ tail, atMs: nowMs });
    if (this.#notes.length > NOTES_MAX) this.#thinOut(nowMs);
    return nowMs - (this.#notes[0] as Note).atMs;
  }

  /** How many notes are kept. */
  get size(): number {
    return this.#notes.length;
  }

  /** Drops notes between two others that are close to each other for their age. A later note never stands for an earlier time. */
  #thinOut(nowMs: number): void {
    const kept: Note[] = [];
    for (const [index, note] of this.#notes.entries()) {
      const before = kept.at(-1);
      const after = this.#notes[index + 1];
      const isClose =
        before !== undefined && after !== undefined && after.atMs - before.atMs <= (nowMs - after.atMs) * PRECISION;
      if (!isClose) kept.push(note);
    }
    this.#notes = kept;
  }
}
