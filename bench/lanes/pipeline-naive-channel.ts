import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

/** The bounded channel that everybody writes once: an array, and promises for whoever has to wait. */
class NaiveChannel {
  readonly #messages: number[] = [];
  readonly #takers: ((message: number) => void)[] = [];
  readonly #senders: (() => void)[] = [];

  async send(message: number): Promise<void> {
    while (this.#messages.length >= CAPACITY) await new Promise<void>((resolve) => this.#senders.push(resolve));
    const taker = this.#takers.shift();
    if (taker === undefined) this.#messages.push(message);
    else taker(message);
  }

  async take(): Promise<number> {
    const message = this.#messages.shift();
    if (message === undefined) return new Promise((resolve) => this.#takers.push(resolve));
    this.#senders.shift()?.();
    return message;
  }
}

/** Three async loops that await every `send` and every `take`. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const first = new NaiveChannel();
    const second = new NaiveChannel();
    let count = 0;
    let sum = 0;

    async function source(): Promise<void> {
      for (let sent = 0; sent < messages; sent += 1) await first.send(messageAt(sent));
    }
    async function middle(): Promise<void> {
      for (let moved = 0; moved < messages; moved += 1) await second.send((await first.take()) + 1);
    }
    async function sink(): Promise<void> {
      while (count < messages) {
        sum += await second.take();
        count += 1;
      }
    }

    await Promise.all([source(), middle(), sink()]);
    return { count, sum };
  });
}
