import type { StandardSchemaV1 } from '@standard-schema/spec';
import { refuseInTurn } from '../actor/outside-only.ts';
import { buryAt, type Undertaker } from '../actor/burial.ts';
import type { DeadLetterReason } from '../actor/dead-letter.ts';
import type { RunQueue } from '../actor/run-queue.ts';
import { HoldfastError } from '../base/errors.ts';
import { BY_IDENTITY, type MessageFreezer } from '../base/plain-data.ts';
import { checkInteger } from '../base/options.ts';
import { checkSchema, type Schema } from '../base/schema.ts';
import { checkMessage, invalidMessage } from '../channel/message-check.ts';
import { breakerOpen, closedForSender, undefinedMessage } from '../channel/output-end.ts';
import type { Receiver } from '../channel/receiver.ts';
import { Ring, type RingConsumer } from '../channel/ring.ts';
import type { SendOptions, TrySendResult } from '../channel/sending.ts';
import { OutsideReader } from './outside-reader.ts';
import { OutsideSend } from './outside-send.ts';

/** What a channel needs of its graph. */
export interface ChannelHost extends Undertaker {
  readonly name: string;
  readonly runQueue: RunQueue;
  /** Freezes what is sent; null where that is off. */
  readonly freezer: MessageFreezer | null;
  /** The actor in whose open turn this code runs, as far as that can be told. */
  turnOwner(): string | null;
  /** Nothing more is taken from outside. */
  readonly refusesOutside: boolean;
  /** Code outside has closed one of its ends. */
  outsideEndClosed(): void;
  takeTicket(): number;
}

/** Options of `graph.channel`. */
export interface ChannelOptions<Out = unknown, In = Out> {
  /** Greatest number of messages held: an integer of 1 or more. No default: the bound is the point. */
  readonly capacity: number;
  /** Greatest number of outside senders that wait for room; one more is refused with `ERR_OVERLOADED`. Default 1,024. */
  readonly maxWaiting?: number;
  /**
   * What every message is checked by when it is sent; what the schema makes of it is what is in the channel. Any Standard
   * Schema that answers at once: of zod, valibot, arktype. Default: none, and every message will do.
   */
  readonly schema?: StandardSchemaV1<In, Out>;
}

/** The options of a channel, checked and complete. */
export interface ChannelSettings {
  readonly capacity: number;
  readonly maxWaiting: number;
  readonly schema: Schema | null;
}

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function channelSettings<Out, In>(name: string, options: ChannelOptions<Out, In>): ChannelSettings {
  const { capacity, maxWaiting = 1_024 } = options;
  checkInteger(`capacity of channel "${name}"`, capacity, 1);
  checkInteger(`maxWaiting of channel "${name}"`, maxWaiting, 0);
  const schema = options.schema === undefined ? null : checkSchema(`schema of channel "${name}"`, options.schema);
  return { capacity, maxWaiting, schema };
}

/** A dead letter that becomes a message again. */
export interface Replayed {
  /** It is what the schema of this very channel has made of a message: checked again, it might be transformed twice. */
  readonly hasPassed: boolean;
  /** Called in the step in which the message enters the channel, before anybody hears of it. */
  readonly entered: (ring: Ring) => void;
}

/** One end of a channel for code outside the graph's actors. The channel stays open until all its ends are closed. */
export interface Sender<T> {
  /**
   * Sends one message, waiting for room while the channel is full.
   *
   * Order: kept per sender; nothing is promised between senders.
   * Resolves: when the message is in the channel, not when it has been handled.
   * Abort: if `signal` wins, the message is certainly not in the channel.
   *
   * @throws HoldfastError `ERR_CHANNEL_CLOSED`, `ERR_STOPPING`, `ERR_OVERLOADED` and `ERR_INVALID_MESSAGE` (the promise
   * rejects), each with the message in `details.undelivered`; `ERR_UNDEFINED_MESSAGE` (the same); `ERR_ASYNC_SCHEMA`,
   * `ERR_SCHEMA_THREW` (the same), where the schema is at fault; `ERR_OUTSIDE_API_IN_TURN` (at once), inside a turn, where it would escape the roll back.
   */
  send(message: T, options?: SendOptions): Promise<void>;
  /**
   * Sends one message if there is room and nobody waits before it. Never waits. Without room a message is not checked.
   *
   * @throws HoldfastError `ERR_UNDEFINED_MESSAGE`; `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW`, where the schema is at fault;
   * `ERR_OUTSIDE_API_IN_TURN`.
   */
  trySend(message: T): TrySendResult<T>;
  /**
   * Closes this end. Closing again does nothing. Sends that still wait for room are refused with `ERR_CHANNEL_CLOSED`: await
   * them first.
   *
   * @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN`.
   */
  close(): void;
}

/**
 * A bounded first-in-first-out channel: many senders, one consumer. Made by `graph.channel`, wired by `graph.actor`.
 *
 * Code outside the graph may send into it and, if nothing in the graph reads it, read it with `for await`. What such a
 * reader is handed counts as taken. The channel itself is a sender: its end is open from the first `send`, or from the
 * start where nothing in the graph writes to it, until `close` or the graph's shutdown.
 *
 * `Out` is what is taken from it. `In` is what may be sent, which is the same, unless a schema makes one of the other.
 */
export class Channel<Out, In = Out> implements Sender<In>, Receiver<In>, AsyncIterable<Out> {
  /** Only for the type checker: a channel of numbers is neither one of unknowns nor the other way round. */
  declare readonly messages: { readonly sent: (message: In) => In; readonly taken: (message: Out) => Out } | undefined;
  declare readonly takes: ((message: In) => void) | undefined;
  /** Unique among the channels of its graph. */
  readonly name: string;
  /** The most messages that it holds. */
  readonly capacity: number;
  readonly #host: ChannelHost;
  readonly #settings: ChannelSettings;
  #ring: Ring | undefined;
  /** Who reads; kept here until there is a ring. */
  #consumer: RingConsumer | undefined;
  #consumerName: string | undefined;
  #senders = 0;
  #outsideEnd: 'unused' | 'open' | 'closed' = 'unused';
  #isHeld = false;
  #outsideSenders: Set<OutsideSender<Out, In>> | undefined;
  #waiting: Set<OutsideSend> | undefined;
  #producers: string[] | undefined;
  #closed = false;
  /** Until the graph has started nobody is told of messages: they wait. */
  #started = false;

  /** @internal Code outside the graph has sent something, or may. */
  get isWrittenOutside(): boolean {
    return this.#outsideEnd !== 'unused' || this.#outsideSenders !== undefined;
  }

  /** @internal */
  constructor(host: ChannelHost, name: string, settings: ChannelSettings) {
    this.#host = host;
    this.name = name;
    this.capacity = settings.capacity;
    this.#settings = settings;
    this.#senders = 1; // the graph's own end, until it has started
  }

  static {
    // A channel kept in state or sent in a message is neither copied nor frozen.
    Object.defineProperty(Channel.prototype, BY_IDENTITY, { value: true });
  }

  send(message: In, options: SendOptions = {}): Promise<void> {
    this.refuseInTurn('channel.send');
    this.openOutsideEnd();
    return this.deliver(message, options, this.#outsideEnd === 'closed');
  }

  trySend(message: In): TrySendResult<In> {
    this.refuseInTurn('channel.trySend');
    this.openOutsideEnd();
    return this.tryDeliver(message, this.#outsideEnd === 'closed');
  }

  close(): void {
    this.refuseInTurn('channel.close');
    this.closeOutsideEnd();
    this.letGo();
  }

  /**
   * A new end, of whoever asks for it: the channel stays open until that one is closed as well.
   *
   * @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN`.
   */
  sender(): Sender<In> {
    this.refuseInTurn('channel.sender');
    const sender = new OutsideSender(this);
    this.#outsideSenders ??= new Set();
    this.#outsideSenders.add(sender);
    this.openSender();
    return sender;
  }

  /**
   * Reads the channel from outside the graph. Leaving the loop closes the channel from this side.
   *
   * @throws HoldfastError `ERR_WIRING` if somebody reads it already; `ERR_OUTSIDE_API_IN_TURN`.
   */
  [Symbol.asyncIterator](): AsyncIterator<Out> {
    this.refuseInTurn('channel iteration');
    const ring = this.ring();
    const reader = new OutsideReader<Out>(ring, () => {
      this.#bury('no-consumer', `nobody reads channel "${this.name}" any more`);
    });
    this.setConsumer(reader, 'a reader outside the graph');
    ring.consumer = reader;
    return reader;
  }

  /** Messages in the channel at this moment. */
  get size(): number {
    return this.#ring?.size ?? 0;
  }

  /** @internal It belongs to this graph. */
  isOf(host: ChannelHost): boolean {
    return this.#host === host;
  }

  /** @internal It has a schema. */
  get isChecked(): boolean {
    return this.#settings.schema !== null;
  }

  /** @internal The ring, for the runtime of its graph; undefined for that of another one. */
  ringIn(runtime: object): Ring | undefined {
    return (this.#host as object) === runtime ? this.ring() : undefined;
  }

  /** @internal The ring, made when it is first needed. */
  ring(): Ring {
    if (this.#ring !== undefined) return this.#ring;
    const ring = new Ring(this.name, this.capacity, this.#settings.schema);
    this.#ring = ring;
    for (let count = 0; count < this.#senders; count += 1) ring.openSender();
    ring.consumer = this.#consumer ?? null;
    ring.parked = this.#started && this.#consumer !== undefined;
    if (this.#closed) ring.closeUnused();
    return ring;
  }

  /** @internal Undefined while nobody has used the channel. */
  get usedRing(): Ring | undefined {
    return this.#ring;
  }

  /** @internal */
  get consumerName(): string | undefined {
    return this.#consumerName;
  }

  /** @internal */
  get consumer(): RingConsumer | undefined {
    return this.#consumer;
  }

  /** @internal */
  get isClosed(): boolean {
    return this.#ring?.closed ?? this.#closed;
  }

  /** @internal */
  setConsumer(consumer: RingConsumer, name: string): void {
    if (this.#consumerName !== undefined) {
      const message = `channel "${this.name}" has one consumer, "${this.#consumerName}": "${name}" cannot read it as well`;
      throw new HoldfastError('ERR_WIRING', message, { actor: name, port: this.name });
    }
    this.#consumer = consumer;
    this.#consumerName = name;
    if (this.#ring !== undefined) {
      this.#ring.consumer = consumer;
      this.#ring.parked = this.#started;
    }
  }

  /** Names of the actors and feeds that are wired to write here. */
  get producers(): readonly string[] {
    return this.#producers ?? [];
  }

  /** @internal `name` is wired to write here. */
  addProducer(name: string): void {
    this.#producers ??= [];
    this.#producers.push(name);
    this.openSender();
  }

  /** @internal `name` is gone, and not coming back. */
  removeProducer(name: string): void {
    const place = this.#producers?.indexOf(name) ?? -1;
    if (place >= 0) this.#producers?.splice(place, 1);
  }

  /** @internal */
  openSender(): void {
    if (this.#ring === undefined) this.#senders += 1;
    else this.#ring.openSender();
  }

  /** @internal Its reader had ended, and begins again. */
  readAgain(consumer: RingConsumer): void {
    this.#consumer = consumer;
    this.#ring?.readAgain(consumer, this.#started);
  }

  /** @internal Whoever had closed an end sends again. */
  openAgain(): void {
    if (this.#ring !== undefined) this.#ring.openAgain();
    else {
      this.#senders += 1;
      this.#closed = false;
    }
  }

  /** @internal */
  closeSender(): void {
    if (this.#ring !== undefined) {
      this.#ring.closeSender();
      return;
    }
    this.#senders -= 1;
    if (this.#senders > 0 || this.#closed) return;
    this.#closed = true;
    this.#consumer?.readable();
  }

  /** @internal Code outside the graph may send. */
  get isOpenOutside(): boolean {
    if (this.#ring?.isShut === true) return false;
    return this.#isHeld || this.#outsideEnd === 'open' || (this.#outsideSenders?.size ?? 0) > 0;
  }

  /**
   * @internal The graph has started: from now on the channel closes with its last end.
   *
   * @param isSubscribed - It gets what output ports publish.
   */
  started(isSubscribed: boolean = false): void {
    this.#started = true;
    const isWritten = this.producers.length > 0 || this.#outsideSenders !== undefined || isSubscribed;
    if (!isWritten) this.openOutsideEnd();
    if (this.#ring !== undefined && this.#consumer !== undefined) {
      this.#ring.parked = true;
      if (this.#ring.size > 0) this.#consumer.readable();
    }
    this.closeSender();
  }

  /** @internal The graph stops: nothing more comes from outside. */
  refuseOutside(): void {
    for (const waiting of this.#waiting ?? []) waiting.refuse(this.stoppingError(waiting.undelivered));
    for (const waiter of this.#ring?.whoStandsInLine() ?? []) {
      waiter.outsideRefused?.((undelivered) => this.stoppingError(undelivered));
    }
    this.closeOutsideEnd();
    for (const sender of this.#outsideSenders ?? []) sender.shut();
  }

  /** @internal The graph has stopped: what nobody in it reads becomes dead letters, unless a reader outside is still at it. */
  buryLeftovers(): void {
    if (this.#consumer instanceof OutsideReader) return;
    this.#bury('stopped', 'the graph has stopped, and nobody reads this channel');
  }

  #bury(reason: DeadLetterReason, text: string): void {
    const ring = this.#ring;
    while (ring !== undefined && ring.size > 0) buryAt(this.#host, ring, 0, { reason, text });
  }

  /** @internal */
  closeOutsideEnd(): void {
    const before = this.#outsideEnd;
    this.#outsideEnd = 'closed';
    if (before === 'open') this.closeSender();
    if (before !== 'closed') this.#host.outsideEndClosed();
  }

  /** @internal */
  forget(sender: OutsideSender<Out, In>): void {
    if (this.#outsideSenders?.delete(sender) !== true) return;
    this.closeSender();
    this.#host.outsideEndClosed();
  }

  /**
   * @internal Sends a message for code outside the graph.
   *
   * @param replay - The message was a dead letter.
   */
  deliver(message: In, { signal }: SendOptions, closed: boolean, replay?: Replayed): Promise<void> {
    const own = this.ring();
    if (message === undefined) return Promise.reject(undefinedMessage(this.name));
    let sent: unknown = message;
    if (own.schema !== null && replay?.hasPassed !== true) {
      // First: it is code of the user's, and may close the channel, stop the graph, or send as well.
      try {
        const check = checkMessage(own, message);
        if (check.kind === 'invalid') return Promise.reject(invalidMessage(this.name, check, message));
        sent = check.message;
      } catch (error) {
        return Promise.reject(error); // it throws nothing else
      }
    }
    try {
      sent = this.#frozen(sent);
    } catch (error) {
      return Promise.reject(error); // that of a getter of the message, which is code of the user's as well
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (this.#host.refusesOutside) return Promise.reject(this.stoppingError(message));
    const ring = closed ? own : own.destination;
    if (ring === null) return Promise.reject(breakerOpen(own.turnedAway?.actor ?? own.name, message));
    if (closed || ring.closed || ring.takesNoMore) return Promise.reject(closedForSender(ring.name, message));
    if (!ring.contended && ring.size < ring.limit) {
      this.#put(ring, sent, replay?.entered);
      return Promise.resolve();
    }
    return this.#waitForRoom(ring, message, sent, signal, replay?.entered);
  }

  /** @internal */
  tryDeliver(message: In, closed: boolean): TrySendResult<In> {
    const own = this.ring();
    if (message === undefined) throw undefinedMessage(this.name);
    let ring = closed ? own : own.destination;
    let obstacle = this.#obstacle(ring, closed);
    if (obstacle !== undefined) return { ok: false, reason: obstacle, message };
    let sent: unknown = message;
    if (own.schema !== null) {
      const check = checkMessage(own, message);
      if (check.kind === 'invalid') return { ok: false, reason: 'invalid', issues: check.issues, message };
      ring = closed ? own : own.destination; // once more: see above
      obstacle = this.#obstacle(ring, closed);
      if (obstacle !== undefined) return { ok: false, reason: obstacle, message };
      sent = check.message;
    }
    this.#put(ring ?? own, this.#frozen(sent)); // there is one, or there would be an obstacle
    return { ok: true };
  }

  /** Why nothing can be put into the ring at this moment, if so. */
  #obstacle(ring: Ring | null, closed: boolean): 'stopping' | 'closed' | 'full' | 'breaker-open' | undefined {
    if (this.#host.refusesOutside) return 'stopping';
    if (ring === null) return 'breaker-open';
    if (closed || ring.closed || ring.takesNoMore) return 'closed';
    return ring.contended || ring.size >= ring.limit ? 'full' : undefined;
  }

  #frozen(message: unknown): unknown {
    const { freezer } = this.#host;
    return freezer === null ? message : freezer.freeze(message);
  }

  #put(ring: Ring, message: unknown, entered?: (ring: Ring) => void): void {
    ring.push(message);
    entered?.(ring);
    if (ring.parked) ring.consumer?.readable();
  }

  #waitForRoom(
    ring: Ring,
    message: In,
    sent: unknown,
    signal: AbortSignal | undefined,
    entered: ((ring: Ring) => void) | undefined,
  ): Promise<void> {
    const waiting = (this.#waiting ??= new Set());
    if (waiting.size >= this.#settings.maxWaiting) {
      const text = `${waiting.size} outside senders wait for room in channel "${this.name}" already (maxWaiting): slow down, or raise it`;
      const details = { channel: this.name, waiting: waiting.size, undelivered: message };
      return Promise.reject(new HoldfastError('ERR_OVERLOADED', text, details));
    }
    const ticket = this.#host.takeTicket();
    const send = new OutsideSend({
      ring,
      runQueue: this.#host.runQueue,
      ticket,
      message: sent,
      undelivered: message,
      signal,
      entered,
    });
    waiting.add(send);
    return send.done.finally(() => waiting.delete(send));
  }

  /** @internal It is a mailbox, which stays open until it is let go. */
  holdOpen(): void {
    if (this.#isHeld || this.isClosed) return;
    this.#isHeld = true;
    this.openSender();
  }

  /** @internal Nothing more comes but from those who are wired to it. */
  letGo(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.closeSender();
  }

  /** @internal One more who waits for room from outside would be too many. */
  get isCrowded(): boolean {
    return (this.#ring?.destination?.lineLength ?? 0) >= this.#settings.maxWaiting;
  }

  /** @internal */
  overloaded(undelivered: unknown): HoldfastError<'ERR_OVERLOADED'> {
    const waiting = this.#ring?.lineLength ?? 0;
    const text = `${waiting} wait for room in channel "${this.name}" already (maxWaiting): slow down, or raise it`;
    return new HoldfastError('ERR_OVERLOADED', text, { channel: this.name, waiting, undelivered });
  }

  /** @internal Opens the outside end, as a first send does; where it has been closed, it stays so. */
  openOutsideEnd(): void {
    if (this.#outsideEnd !== 'unused' || this.isClosed) return;
    this.#outsideEnd = 'open';
    this.openSender();
  }

  /** @internal */
  stoppingError(undelivered: unknown): HoldfastError<'ERR_STOPPING'> {
    const message = `graph "${this.#host.name}" is stopping: channel "${this.name}" takes nothing more from outside`;
    return new HoldfastError('ERR_STOPPING', message, { channel: this.name, undelivered });
  }

  /** @internal */
  refuseInTurn(api: string): void {
    refuseInTurn(this.#host, api, "send through the context's outputs");
  }
}

/** Channels of one type that an actor reads or writes as one port. Made by `graph.bundle`; any array of channels will do. */
export interface Bundle<Out, In = Out> extends ReadonlyArray<Channel<Out, In>> {}

class OutsideSender<Out, In> implements Sender<In> {
  readonly #channel: Channel<Out, In>;
  #closed = false;

  constructor(channel: Channel<Out, In>) {
    this.#channel = channel;
  }

  send(message: In, options: SendOptions = {}): Promise<void> {
    this.#channel.refuseInTurn('sender.send');
    return this.#channel.deliver(message, options, this.#closed);
  }

  trySend(message: In): TrySendResult<In> {
    this.#channel.refuseInTurn('sender.trySend');
    return this.#channel.tryDeliver(message, this.#closed);
  }

  close(): void {
    this.#channel.refuseInTurn('sender.close');
    this.shut();
  }

  /** Closes this end, also for the graph's own shutdown, which a turn may have asked for. */
  shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.forget(this);
  }
}
