import { Ring } from '../ring.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

// Shared: awaiting a promise that is already resolved costs the trip through the microtask queue and nothing else.
const TURN = Promise.resolve();

/** A ring whose ends can be waited for. One waiter at each end is enough here. */
class AwaitLink {
  readonly ring = new Ring(CAPACITY, 0);
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  put(message: number): void {
    this.ring.put(message);
    this.#wakeReader?.();
    this.#wakeReader = undefined;
  }

  take(): number {
    const message = this.ring.take();
    this.#wakeWriter?.();
    this.#wakeWriter = undefined;
    return message;
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

/** Three async loops, each with one `await` for every message: what a turn costs as soon as it may be asynchronous. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const first = new AwaitLink();
    const second = new AwaitLink();
    let count = 0;
    let sum = 0;

    async function source(): Promise<void> {
      for (let sent = 0; sent < messages; sent += 1) {
        if (first.ring.isFull) await first.drained();
        first.put(messageAt(sent));
        await TURN;
      }
    }
    async function middle(): Promise<void> {
      for (let moved = 0; moved < messages; moved += 1) {
        if (first.ring.isEmpty) await first.filled();
        if (second.ring.isFull) await second.drained();
        second.put(first.take() + 1);
        await TURN;
      }
    }
    async function sink(): Promise<void> {
      while (count < messages) {
        if (second.ring.isEmpty) await second.filled();
        sum += second.take();
        count += 1;
        await TURN;
      }
    }

    await Promise.all([source(), middle(), sink()]);
    return { count, sum };
  });
}
