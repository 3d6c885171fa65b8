import { Inbox, type Order, Orders, type StagePart } from './stage-part.ts';

/** Stands in for the source of a feed: it gives what the test says. */
export class StageFeed implements StagePart, AsyncIterable<unknown> {
  readonly name: string;
  readonly kind = 'feed';
  readonly inputs: readonly string[] = [];
  readonly outputs: readonly string[];
  readonly orders: Orders;
  readonly inbox: Inbox = new Inbox();
  readonly #isStopping: () => boolean;
  /** What the feed has been given, and has not said that the channel has it. */
  #given: Order | undefined;
  #asked: ((result: IteratorResult<unknown>) => void) | undefined;

  constructor(name: string, isStopping: () => boolean) {
    this.name = name;
    this.outputs = [name];
    this.orders = new Orders(name);
    this.#isStopping = isStopping;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return {
      next: () => {
        this.#given?.sent(); // a feed asks for the next one when the channel has the last
        this.#given = undefined;
        const result = this.#poll();
        if (result !== undefined) return Promise.resolve(result);
        return new Promise((resolve) => {
          this.#asked = resolve;
        });
      },
      return: () => {
        this.#given?.sent();
        this.#given = undefined;
        this.orders.end(this.#isStopping());
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  stir(): void {
    const asked = this.#asked;
    const result = asked === undefined ? undefined : this.#poll();
    if (result === undefined) return;
    this.#asked = undefined;
    asked?.(result);
  }

  #poll(): IteratorResult<unknown> | undefined {
    const order = this.orders.take();
    if (order === undefined) {
      if (!this.orders.closed) return undefined;
      this.orders.end(false);
      return { done: true, value: undefined };
    }
    this.#given = order;
    return { done: false, value: order.message };
  }
}

/** Stands in for the target of a sink: it writes down what comes. */
export class StageSink implements StagePart {
  readonly name: string;
  readonly kind = 'sink';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[] = [];
  readonly orders: Orders;
  readonly inbox: Inbox = new Inbox();
  #waiting: (() => void) | undefined;

  constructor(name: string) {
    this.name = name;
    this.inputs = [name];
    this.orders = new Orders(name);
  }

  readonly write = (message: unknown): Promise<void> | void => {
    if (!this.inbox.held) return this.#receive(message);
    return new Promise((resolve) => {
      this.#waiting = () => {
        this.#receive(message);
        resolve();
      };
    });
  };

  stir(): void {
    if (this.inbox.held) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  #receive(message: unknown): void {
    this.inbox.all.push({ message, port: this.name, lane: -1 });
  }
}
