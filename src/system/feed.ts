import { buryUndelivered } from '../actor/burial.ts';
import type { Runtime } from '../actor/runtime.ts';
import { undefinedMessage } from '../channel/output-end.ts';
import type { Ring, RoomWaiter } from '../channel/ring.ts';
import type { Channel } from './channel.ts';
import type { Edge, EdgeHost } from './edge.ts';

/** Where a feed pulls from. A Node readable stream is an async iterable. */
export type FeedSource<T> = AsyncIterable<T> | Iterable<T>;

type Pulled<T> = { readonly kind: 'nothing' } | { readonly kind: 'item'; readonly item: T };
const NOTHING: Pulled<never> = { kind: 'nothing' };

/** Items in one slice, for a source that has them at once. */
const ITEMS_PER_SLICE = 64;

/**
 * Fills a channel from an iterable, at the pace of the channel. It keeps what it has pulled until the channel has it, and
 * pulls the next item only then, so that never more than one is on the way.
 */
export class Feed<T> implements Edge, RoomWaiter {
  readonly kind = 'feed';
  readonly name: string;
  queued = false;
  ticket = 0;
  readonly #runtime: Runtime;
  readonly #host: EdgeHost;
  readonly #channel: Channel<unknown>;
  readonly #source: FeedSource<T>;
  #iterator: AsyncIterator<T> | Iterator<T> | undefined;
  #pulled: Pulled<T> = NOTHING;
  #pulling = false;
  #inLine = false;
  #stopping = false;
  #ended = false;
  #ring!: Ring;

  constructor(runtime: Runtime, host: EdgeHost, name: string, channel: Channel<unknown>, source: FeedSource<T>) {
    this.#runtime = runtime;
    this.#host = host;
    this.name = name;
    this.#channel = channel;
    this.#source = source;
  }

  get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    this.#ring = this.#channel.ring();
    this.#runtime.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    for (let items = 0; items < ITEMS_PER_SLICE; items += 1) {
      if (this.#ended || this.#pulling) return true;
      if (this.#pulled.kind === 'item' && !this.#deliver(this.#pulled.item)) return false;
      if (this.#stopping) {
        this.#finish();
        return true;
      }
      if (!this.#pull()) return true;
    }
    this.#runtime.runQueue.enqueue(this);
    return true;
  }

  sliceTook(): void {}

  roomAppeared(): void {
    this.#runtime.runQueue.enqueue(this);
  }

  stopRequested(): void {
    if (this.#stopping || this.#ended) return;
    this.#stopping = true;
    // An item that is on its way from the source may come never, or late: then it becomes a dead letter.
    if (this.#pulling) this.#finish();
    else this.#runtime.runQueue.enqueue(this);
  }

  stopNow(): void {
    if (this.#ended) return;
    if (this.#pulled.kind === 'item') this.#undeliverable(this.#pulled.item);
    this.#pulled = NOTHING;
    this.#finish();
  }

  heldBy(): string {
    if (this.#pulled.kind === 'nothing') return 'an item from its source';
    return `room in "${this.#channel.name}" (${this.#ring.size}/${this.#ring.limit})`;
  }

  /** Asks the source for the next item. @returns true if it is here already. */
  #pull(): boolean {
    try {
      this.#iterator ??= iteratorOf(this.#source);
      const result = this.#iterator.next();
      if (!(result instanceof Promise) && !('then' in result)) return this.#took(result);
      this.#pulling = true;
      Promise.resolve(result).then(
        (settled) => {
          this.#pulling = false;
          this.#tookLater(settled);
        },
        (error: unknown) => this.#failed(error),
      );
    } catch (error) {
      this.#failed(error);
    }
    return false;
  }

  #tookLater(result: IteratorResult<T>): void {
    try {
      if (this.#took(result)) this.#runtime.runQueue.enqueue(this);
    } catch (error) {
      this.#failed(error); // no result of an iterator at all
    }
  }

  #took(result: IteratorResult<T>): boolean {
    if (this.#ended) {
      if (result.done !== true) this.#undeliverable(result.value);
      return false;
    }
    if (result.done === true) {
      this.#iterator = undefined; // it has ended by itself
      this.#finish();
      return false;
    }
    if (result.value === undefined) {
      this.#failed(undefinedMessage(this.#channel.name));
      return false;
    }
    const { freezer } = this.#runtime;
    const item = freezer === null ? result.value : (freezer.freeze(result.value) as T);
    this.#pulled = { kind: 'item', item };
    return true;
  }

  /** Puts the pulled item into the channel. @returns false if it has to wait for room. */
  #deliver(item: T): boolean {
    const ring = this.#ring;
    if (ring.abandoned) {
      this.#undeliverable(item);
      this.#pulled = NOTHING;
      this.#leaveLine();
      this.#stopping = true; // nobody reads any more: pulling on would only make dead letters
      return true;
    }
    const first = ring.firstInLine();
    if (ring.size >= ring.limit || (first !== undefined && first !== this)) {
      this.#joinLine();
      return false;
    }
    ring.push(item);
    this.#pulled = NOTHING;
    this.#leaveLine();
    if (ring.parked) ring.consumer?.readable();
    return true;
  }

  #joinLine(): void {
    if (this.#inLine) return;
    this.#inLine = true;
    this.ticket = this.#runtime.takeTicket();
    this.#ring.joinLine(this);
  }

  #leaveLine(): void {
    if (!this.#inLine) return;
    this.#inLine = false;
    this.#ring.leaveLine(this);
    if (this.#ring.size < this.#ring.limit) this.#ring.roomAppeared();
  }

  #undeliverable(payload: T): void {
    const ring = this.#ring;
    const cause = ring.abandoned
      ? ({ reason: 'no-consumer', text: `nobody reads channel "${ring.name}" any more` } as const)
      : ({ reason: 'stopped', text: `feed "${this.name}" had stopped` } as const);
    buryUndelivered(this.#runtime, ring, payload, cause);
  }

  #failed(error: unknown): void {
    this.#pulling = false;
    this.#iterator = undefined;
    if (this.#ended) return;
    this.#host.edgeFailed(this, error); // first: the feed may be the last part of a graph that would then stop cleanly
    this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leaveLine();
    this.#release();
    this.#channel.closeSender();
    this.#host.edgeEnded(this);
  }

  /** Tells the source that nothing more is wanted, so that it can close its file. Its answer is not waited for. */
  #release(): void {
    const iterator = this.#iterator;
    this.#iterator = undefined;
    try {
      if (this.#pulling && isStream(this.#source)) {
        this.#source.destroy(); // it would hear of `return` only after its next item, which may never come
        return;
      }
      const released = iterator?.return?.();
      if (released instanceof Promise) released.catch((error: unknown) => this.#releaseFailed(error));
    } catch (error) {
      this.#releaseFailed(error);
    }
  }

  #releaseFailed(error: unknown): void {
    this.#runtime.log.warn({ err: error, feed: this.name }, 'the source of a feed failed while it was closed');
  }
}

function isStream(source: object): source is { destroy(): unknown } {
  return 'destroy' in source && typeof source.destroy === 'function';
}

function iteratorOf<T>(source: FeedSource<T>): AsyncIterator<T> | Iterator<T> {
  // A string is iterable too, and no object.
  return typeof source !== 'string' && Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}
