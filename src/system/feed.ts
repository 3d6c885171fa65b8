import { addressOf, buryUndelivered, type Cause, misfitCause } from '../actor/burial.ts';
import { Pacer } from '../actor/pacer.ts';
import { roomText } from '../actor/phase.ts';
import type { Runtime } from '../actor/runtime.ts';
import { checkMessage } from '../channel/message-check.ts';
import { undefinedMessage } from '../channel/output-end.ts';
import type { Ring, RoomSource, RoomWaiter } from '../channel/ring.ts';
import type { Part } from '../ports/watchdog.ts';
import type { Channel } from './channel.ts';
import type { Edge, EdgeHost } from './edge.ts';
import { EdgeScope } from './edge-scope.ts';

/** Where a feed pulls from. A Node readable stream is an async iterable. */
export type FeedSource<T> = AsyncIterable<T> | Iterable<T>;

type Pulled =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'item'; readonly item: unknown }
  /** It does not fit the schema of the channel, and waits for room among the dead letters. */
  | { readonly kind: 'misfit'; readonly item: unknown; readonly cause: Cause };
const NOTHING: Pulled = { kind: 'nothing' };

/** Items in one slice, for a source that has them at once. */
const ITEMS_PER_SLICE = 64;

/**
 * Fills a channel from an iterable, at the pace of the channel. It keeps what it has pulled until the channel has it, and
 * pulls the next item only then, so that never more than one is on the way.
 */
export class Feed implements Edge, RoomWaiter {
  readonly kind = 'feed';
  readonly name: string;
  queued = false;
  watchNumber = 0;
  ticket = 0;
  readonly #runtime: Runtime;
  readonly #scope: EdgeScope;
  readonly #host: EdgeHost;
  readonly #channel: Channel<unknown>;
  readonly #source: FeedSource<unknown>;
  readonly #pacer: Pacer;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #pulled: Pulled = NOTHING;
  #pulling = false;
  /** In whose line it stands: that of the channel, or of the dead letters. */
  #line: RoomSource | null = null;
  #stopping = false;
  #ended = false;
  #ring!: Ring;

  constructor(runtime: Runtime, host: EdgeHost, name: string, channel: Channel<unknown>, source: FeedSource<unknown>) {
    this.#runtime = runtime;
    this.#host = host;
    this.name = name;
    this.#scope = new EdgeScope(runtime, this.kind, name);
    this.#channel = channel;
    this.#source = source;
    this.#pacer = new Pacer(runtime, () => runtime.runQueue.enqueue(this));
  }

  get part(): Part {
    return { kind: this.kind, name: this.name };
  }

  get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    this.#ring = this.#channel.ring();
    this.#runtime.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    return this.#scope.run(this.#work);
  }

  readonly #work = (): boolean => {
    for (let items = 0; items < ITEMS_PER_SLICE; items += 1) {
      if (this.#ended || this.#pulling) return true;
      if (this.#pulled.kind !== 'nothing' && !this.#handOver(this.#pulled)) return false;
      if (this.#stopping) {
        this.#finish();
        return true;
      }
      if (this.#pacer.isEarly) {
        this.#pacer.wakeInTime();
        return true;
      }
      this.#pacer.step();
      if (!this.#pull()) return true;
    }
    this.#runtime.runQueue.enqueue(this);
    return true;
  };

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
    this.#ring = this.#channel.ring(); // it may not have started
    this.#buryPulled(this.#pulled);
    this.#pulled = NOTHING;
    this.#finish();
  }

  get awaitsOutside(): boolean {
    return this.#pulling && !this.#ended;
  }

  heldBy(): string {
    if (this.#pulled.kind === 'nothing') return 'an item from its source';
    return roomText(this.#line ?? this.#ring);
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
        (error: unknown) => this.#sourceFailed(error),
      );
    } catch (error) {
      this.#sourceFailed(error);
    }
    return false;
  }

  #tookLater(result: IteratorResult<unknown>): void {
    try {
      if (this.#took(result)) this.#runtime.runQueue.enqueue(this);
    } catch (error) {
      this.#sourceFailed(error); // no result of an iterator at all
    }
  }

  #took(result: IteratorResult<unknown>): boolean {
    if (result.done === true) {
      if (this.#ended) return false;
      this.#iterator = undefined; // it has ended by itself
      this.#finish();
      return false;
    }
    if (result.value === undefined) {
      this.#failed(undefinedMessage(this.#channel.name));
      return false;
    }
    const pulled = this.#check(result.value);
    // It came late, or code of the schema has stopped the graph.
    if (this.#ended) this.#buryPulled(pulled);
    else this.#pulled = pulled;
    return !this.#ended;
  }

  /** What the schema of the channel makes of an item. */
  #check(item: unknown): Pulled {
    try {
      const check = checkMessage(this.#ring, item);
      if (check.kind === 'valid') return { kind: 'item', item: this.#frozen(check.message) };
      return { kind: 'misfit', item: this.#frozen(item), cause: misfitCause(check, this.name) };
    } catch (error) {
      // The schema is at fault, and the next item would fare no better: as with a source that fails. This one is kept.
      buryUndelivered(this.#runtime, this.#ring, this.#frozen(item), { reason: 'invalid', actor: this.name, error });
      this.#failed(error);
      return NOTHING;
    }
  }

  #frozen(item: unknown): unknown {
    const { freezer } = this.#runtime;
    return freezer === null ? item : freezer.freeze(item);
  }

  /** Puts what was pulled where it belongs. @returns false if it has to wait for room there. */
  #handOver(pulled: Exclude<Pulled, { readonly kind: 'nothing' }>): boolean {
    const ring = this.#ring;
    if (pulled.kind === 'misfit') {
      const place = this.#runtime.letters.placeFor(addressOf(ring, pulled.cause));
      if (!place.hasRoomFor(1, this.#line === null ? Infinity : this.ticket)) return this.#waitIn(place);
      this.#buryPulled(pulled, place);
    } else if (ring.takesNoMore) this.#buryPulled(pulled);
    else {
      const first = ring.firstInLine();
      if (ring.size >= ring.limit || (first !== undefined && first !== this)) return this.#waitIn(ring);
      ring.push(pulled.item);
    }
    this.#pulled = NOTHING;
    this.#leaveLine();
    if (ring.takesNoMore)
      this.#stopping = true; // pulling on would only make dead letters
    else if (ring.parked) ring.consumer?.readable();
    return true;
  }

  #waitIn(line: RoomSource): false {
    if (this.#line === line) return false;
    if (this.#line === null) this.ticket = this.#runtime.takeTicket();
    else this.#leaveLine();
    this.#line = line;
    line.joinLine(this);
    return false;
  }

  #leaveLine(): void {
    const line = this.#line;
    if (line === null) return;
    this.#line = null;
    line.leaveLine(this);
    line.roomAppeared(); // if the next in line may not go, it stays where it is
  }

  /** Turns what was pulled, if anything, into a dead letter of the channel. */
  #buryPulled(pulled: Pulled, place?: RoomSource): void {
    if (pulled.kind === 'nothing') return;
    const cause = pulled.kind === 'misfit' ? pulled.cause : this.#undeliverable();
    buryUndelivered(this.#runtime, this.#ring, pulled.item, cause, place);
  }

  #undeliverable(): Cause {
    return this.#ring.takesNoMore
      ? { reason: 'no-consumer', text: `nobody reads channel "${this.#ring.name}" any more` }
      : { reason: 'stopped', text: `feed "${this.name}" had stopped` };
  }

  #sourceFailed(error: unknown): void {
    this.#iterator = undefined; // there is nothing to close
    this.#failed(error);
  }

  #failed(error: unknown): void {
    this.#pulling = false;
    if (this.#ended) return;
    this.#host.edgeFailed(this, error); // first: the feed may be the last part of a graph that would then stop cleanly
    this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pacer.stop();
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
      const released = this.#scope.run(() => this.#tellSource(iterator));
      if (released instanceof Promise) released.catch((error: unknown) => this.#releaseFailed(error));
    } catch (error) {
      this.#releaseFailed(error);
    }
  }

  #tellSource(iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined): unknown {
    // A stream would hear of `return` only after its next item, which may never come.
    if (this.#pulling && isStream(this.#source)) this.#source.destroy();
    else return iterator?.return?.();
    return undefined;
  }

  #releaseFailed(error: unknown): void {
    this.#runtime.log.warn({ err: error, feed: this.name }, 'the source of a feed failed while it was closed');
  }
}

function isStream(source: object): source is { destroy(): unknown } {
  return 'destroy' in source && typeof source.destroy === 'function';
}

function iteratorOf(source: FeedSource<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  // A string is iterable too, and no object.
  return typeof source !== 'string' && Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}
