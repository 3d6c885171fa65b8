import type { RingConsumer } from '../channel/ring.ts';
import type { Channel } from '../system/channel.ts';

/** Reads a channel for a test: when the test says so or, once it {@link flow}s, whenever something is there. */
export class PortReader implements RingConsumer {
  readonly #channel: Channel<unknown>;
  #flows = false;

  constructor(channel: Channel<unknown>) {
    this.#channel = channel;
    channel.setConsumer(this, 'the test');
  }

  /** Takes the oldest `count` messages, or as many as there are. Whoever waits for room hears of it. */
  take(count: number): unknown[] {
    const ring = this.#channel.ring();
    const messages = ring.slice(0, Math.min(count, ring.size));
    ring.taken += messages.length;
    ring.drop(messages.length);
    if (ring.roomWanted) ring.roomAppeared();
    return messages;
  }

  /** What comes from now on, and what is there, is taken at once. */
  flow(): void {
    this.#flows = true;
    this.take(Infinity);
  }

  readable(): void {
    if (this.#flows) this.take(Infinity);
  }
}
