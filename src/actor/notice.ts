import type { Ring } from '../channel/ring.ts';
import { Delivery } from './delivery.ts';
import type { Runtime } from './runtime.ts';

/**
 * What an actor has to be told again and again, in an input of its own. One message waits for room at the most: it is the last
 * one, and says how many that were to come before it have none of their own.
 */
export class Notice<T extends object> {
  readonly #delivery: Delivery;
  #next: T | undefined;
  #missed = 0;

  /** @param sent - Is called with each message, in the step in which it enters the input. */
  constructor(runtime: Runtime, ring: Ring, sent: (message: object) => void) {
    this.#delivery = new Delivery(runtime, ring, () => {
      const message = Object.freeze({ ...(this.#next as T), missed: this.#missed });
      this.#missed = 0;
      sent(message);
      return message;
    });
  }

  get ring(): Ring {
    return this.#delivery.ring;
  }

  get waits(): boolean {
    return this.#delivery.waits;
  }

  tell(next: T): void {
    if (this.#delivery.isPointless) return;
    this.#next = next;
    if (this.#delivery.waits) this.#missed += 1;
    else this.#delivery.send();
  }

  giveUp(): void {
    this.#delivery.giveUp();
    this.#missed = 0;
  }
}
