import { HoldfastError } from '../base/errors.ts';
import { closedForSender } from '../channel/output-end.ts';

/** One message that a part on stage has received. */
export interface Received {
  readonly message: unknown;
  /** The input that it came through; the part itself, for a sink. */
  readonly port: string;
  /** Which lane, where that is a bundle; else -1. */
  readonly lane: number;
}

/** What a part on stage answers to each message: another one, or nothing. */
export type Answer = (message: unknown, from: Received) => unknown;

/** A message that a part on stage is to send. */
export interface Order {
  readonly message: unknown;
  readonly port: string;
  /** Which lane, where the port is a bundle; -1: the bundle decides. */
  readonly lane: number;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

/** One that stands in for an actor, a feed or a sink. */
export interface StagePart {
  readonly name: string;
  readonly kind: 'actor' | 'feed' | 'sink';
  /** Empty for a part that can only send. */
  readonly inputs: readonly string[];
  /** Empty for a part that can only receive. */
  readonly outputs: readonly string[];
  readonly orders: Orders;
  readonly inbox: Inbox;
  /** Whoever works off the orders, and whoever was held, looks again. */
  stir(): void;
}

/** What a part is to send, in order. */
export class Orders {
  readonly #name: string;
  /** What the graph has. */
  readonly sent: unknown[] = [];
  #orders: Order[] = [];
  /** Nothing more is to be sent: what is there still is. */
  closed = false;
  /** Nothing more can be sent. */
  #over: ((undelivered: unknown) => Error) | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get isEmpty(): boolean {
    return this.#orders.length === 0;
  }

  add(order: Order): void {
    if (this.#over !== undefined) order.failed(this.#over(order.message));
    else if (this.closed) order.failed(closedForSender(this.#name, order.message));
    else this.#orders.push(order);
  }

  take(): Order | undefined {
    const order = this.#orders.shift();
    if (order === undefined) return undefined;
    const sent = (): void => {
      this.sent.push(order.message);
      order.sent();
    };
    return { ...order, sent };
  }

  /** The part has ended: what was not sent is handed back. */
  end(isStopping: boolean): void {
    this.#over = (undelivered) =>
      isStopping ? stoppingError(this.#name, undelivered) : closedForSender(this.#name, undelivered);
    for (const order of this.#orders) order.failed(this.#over(order.message));
    this.#orders = [];
  }
}

function stoppingError(name: string, undelivered: unknown): HoldfastError<'ERR_STOPPING'> {
  const message = `the graph is stopping: "${name}" sends nothing more`;
  return new HoldfastError('ERR_STOPPING', message, { channel: name, undelivered });
}

/** What a part has received, and how much of that a test has asked for. */
export class Inbox {
  readonly all: Received[] = [];
  /** It takes nothing for the time being. */
  held = false;
  /** Set for a part that answers. */
  answer: { readonly answer: Answer; readonly port: string; readonly lane: number } | undefined;
  #read = 0;

  /** Those that no test has asked for. */
  get unread(): readonly unknown[] {
    return this.all.slice(this.#read).map(({ message }) => message);
  }

  get hasUnread(): boolean {
    return this.#read < this.all.length;
  }

  /** The next one that no test has asked for; there is one. */
  next(): unknown {
    this.#read += 1;
    return this.all[this.#read - 1]?.message;
  }
}
