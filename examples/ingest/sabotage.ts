/** What `--crash-every` does to the actors. */

import { SeededRandom } from 'holdfast/testing';
import type { RecordBatch } from './record-reader.ts';

const victims = ['parser', 'aggregator', 'quarantine'] as const;
export type Victim = (typeof victims)[number];

export interface SabotageOptions {
  /** Records from crash to crash, on average. */
  readonly everyRecords: number;
  readonly seed: number;
}

/** The actors that may be killed. */
export class Victims {
  readonly #actors = new Map<Victim, { kill(why: string): void }[]>();

  add(victim: Victim, actor: { kill(why: string): void }): void {
    this.#actors.set(victim, [...(this.#actors.get(victim) ?? []), actor]);
  }

  /** Kills the actor of that kind; where there are several, the next one each time. */
  kill(victim: Victim): void {
    const [next, ...others] = this.#actors.get(victim) ?? [];
    if (next === undefined) return;
    this.#actors.set(victim, [...others, next]);
    next.kill('sabotage');
  }
}

/**
 * Crashes actors while records come in. About half of the crashes are throws in the middle of a turn, at a record that
 * was chosen beforehand; the others are kills from outside, at whatever the victim is doing. Which victim fails where is
 * decided by the seed; when a kill strikes also depends on how fast the input comes.
 *
 * Each throw happens once. It is remembered here, outside the actors, where no roll back makes it undone.
 */
export class Sabotage {
  readonly #everyRecords: number;
  readonly #random: SeededRandom;
  readonly #kill: (victim: Victim) => void;
  /** Lines at which a victim is still to throw. */
  readonly #throwsAt: Readonly<Record<Victim, number[]>> = { parser: [], aggregator: [], quarantine: [] };
  #recordsLeft: number;

  /** @param kill - Kills the victim's present incarnation. */
  constructor({ everyRecords, seed }: SabotageOptions, kill: (victim: Victim) => void) {
    this.#everyRecords = everyRecords;
    this.#random = new SeededRandom(seed);
    this.#kill = kill;
    this.#recordsLeft = this.#gap();
  }

  /** Passes the batches on, and decides meanwhile about the crashes that fall among their records. */
  async *watch(batches: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch> {
    for await (const batch of batches) {
      this.#plan(batch);
      yield batch;
    }
  }

  /** To be called by each victim for each record: throws if this is where it is to fail. */
  strike(victim: Victim, line: number): void {
    const [first = Infinity] = this.#throwsAt[victim];
    if (line < first) return;
    this.#throwsAt[victim].shift();
    throw new Error(`sabotage of the ${victim} at line ${line}`);
  }

  #plan(batch: RecordBatch): void {
    let killed = false; // a second kill would strike the same turn: one for each batch is enough
    for (const { line } of batch) {
      this.#recordsLeft -= 1;
      if (this.#recordsLeft > 0) continue;
      this.#recordsLeft = this.#gap();
      const victim = victims[this.#random.integer(victims.length)] as Victim; // the index is in range
      if (!killed && this.#random.next() < 0.5) {
        this.#kill(victim);
        killed = true;
      } else this.#throwAt(victim, line);
    }
  }

  #throwAt(victim: Victim, line: number): void {
    // The quarantine sees bad records only, and perhaps never another one: one throw may wait for it, not a million.
    const isWaiting = victim === 'quarantine' && this.#throwsAt.quarantine.length > 0;
    this.#throwsAt[isWaiting ? 'parser' : victim].push(line);
  }

  /** 1 to 2n - 1, which is n on average. */
  #gap(): number {
    return 1 + this.#random.integer(2 * this.#everyRecords - 1);
  }
}
