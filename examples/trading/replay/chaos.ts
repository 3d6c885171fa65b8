/** What `--chaos` does to the actors. */

import { SeededRandom } from 'holdfast/testing';
import type { RecordBatch } from '../../ingest/record-reader.ts';

export interface ChaosOptions {
  /** How likely it is that a record of the file is followed by a kill, from 0 to 1. */
  readonly rate: number;
  readonly seed: number;
}

interface Victim {
  kill(why: string): void;
}

/**
 * Kills actors at random while records come in, whatever they are doing: with a turn open, waiting for room, or with
 * nothing to do. The seed decides after which record which actor dies; what it was doing then depends on how fast the
 * others are.
 */
export class Chaos {
  readonly #rate: number;
  readonly #random: SeededRandom;
  readonly #victims: Victim[] = [];

  constructor({ rate, seed }: ChaosOptions) {
    this.#rate = rate;
    this.#random = new SeededRandom(seed);
  }

  add(victim: Victim): void {
    this.#victims.push(victim);
  }

  /** Passes the records on, in batches that end where somebody is to die. */
  async *watch(batches: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch> {
    for await (const batch of batches) {
      let from = 0;
      for (let at = 1; at <= batch.length; at += 1) {
        const strikes = this.#random.next() < this.#rate;
        if (!strikes && at < batch.length) continue;
        yield Object.freeze(batch.slice(from, at));
        from = at;
        if (strikes) this.#strike();
      }
    }
  }

  #strike(): void {
    this.#victims[this.#random.integer(this.#victims.length)]?.kill('chaos');
  }
}
