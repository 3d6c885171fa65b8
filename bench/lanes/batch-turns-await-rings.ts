import { addUp, BATCH, BATCH_CAPACITY, batchAt, raised } from '../batch-turns.ts';
import { Ring } from '../ring.ts';
import { type MessageRun, timed } from '../throughput.ts';

// Shared: awaiting a promise that is already resolved costs the trip through the microtask queue and nothing else.
const TURN = Promise.resolve();

/** How batches go into a ring and come out of it. */
interface Transfer {
  put(ring: Ring<number>, batch: readonly number[]): void;
  take(ring: Ring<number>): number[];
}

const IN_BLOCKS: Transfer = {
  put: (ring, batch) => ring.putMany(batch),
  take: (ring) => ring.takeMany(BATCH),
};

const ONE_BY_ONE: Transfer = {
  put(ring, batch) {
    for (const message of batch) ring.put(message);
  },
  take(ring) {
    const batch: number[] = [];
    while (batch.length < BATCH && !ring.isEmpty) batch.push(ring.take());
    return batch;
  },
};

/** A ring whose ends can be waited for. One waiter at each end is enough here. */
class BatchLink {
  readonly #ring = new Ring(BATCH_CAPACITY, 0);
  readonly #transfer: Transfer;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(transfer: Transfer) {
    this.#transfer = transfer;
  }

  get isEmpty(): boolean {
    return this.#ring.isEmpty;
  }

  hasRoomFor(batch: readonly number[]): boolean {
    return this.#ring.room >= batch.length;
  }

  put(batch: readonly number[]): void {
    this.#transfer.put(this.#ring, batch);
    this.#wakeReader?.();
    this.#wakeReader = undefined;
  }

  take(): number[] {
    const batch = this.#transfer.take(this.#ring);
    this.#wakeWriter?.();
    this.#wakeWriter = undefined;
    return batch;
  }

  filled(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }
}

/** Three async loops, each with one `await` for every batch: what a turn costs as soon as it may be asynchronous. */
export const runInBlocks: MessageRun = loops(IN_BLOCKS);

/** The same, with one call of the ring for each message. */
export const runOneByOne: MessageRun = loops(ONE_BY_ONE);

function loops(transfer: Transfer): MessageRun {
  return (messages) =>
    timed(async () => {
      const first = new BatchLink(transfer);
      const second = new BatchLink(transfer);
      const totals = { count: 0, sum: 0 };

      async function source(): Promise<void> {
        for (let sent = 0; sent < messages; sent += BATCH) {
          const batch = batchAt(sent, messages);
          while (!first.hasRoomFor(batch)) await first.drained();
          first.put(batch);
          await TURN;
        }
      }
      async function middle(): Promise<void> {
        for (let moved = 0; moved < messages;) {
          if (first.isEmpty) await first.filled();
          const batch = raised(first.take());
          while (!second.hasRoomFor(batch)) await second.drained();
          second.put(batch);
          moved += batch.length;
          await TURN;
        }
      }
      async function sink(): Promise<void> {
        while (totals.count < messages) {
          if (second.isEmpty) await second.filled();
          addUp(totals, second.take());
          await TURN;
        }
      }

      await Promise.all([source(), middle(), sink()]);
      return totals;
    });
}
