import type { Receiver } from '../channel/receiver.ts';

/** Declares an output that publishes messages of type `T` to whoever has subscribed. Made by {@link outputPort}. */
export interface OutputPortSpec<T> {
  /** Tells it from an output that is wired. */
  readonly kind: 'outputPort';
  /** Only for the type checker: never there at run time. */
  readonly message?: (message: T) => T;
}

/** Declares an output port among the outputs of an actor: it is wired to nobody, and publishes to those who subscribe. */
export function outputPort<T>(): OutputPortSpec<T> {
  return Object.freeze({ kind: 'outputPort' });
}

/**
 * What becomes of a message that a subscriber has no room for.
 *
 * - `wait`: the commit of the publisher waits for room, as for any output.
 * - `drop`: that subscriber does not get it. Counted, and told by the event `publicationDropped`.
 * - `disconnect`: it does not get it, and is subscribed no longer. Told by the event `subscriberDisconnected`.
 */
export type WhenFull = 'wait' | 'drop' | 'disconnect';

/** How a subscriber is served. */
export interface SubscribeOptions {
  /** Default `wait`. */
  readonly whenFull?: WhenFull;
}

/** Options of `ctx.subscribe`, for an input that is not the mailbox. */
export interface SubscribeInputOptions<K extends string> extends SubscribeOptions {
  /** The input of this very actor that gets the messages. No bundle. */
  readonly to: K;
}

/** One subscriber of an output port at one moment. */
export interface Subscriber {
  /** Name of the channel that gets the messages: of an actor, that of its input. */
  readonly channel: string;
  /** As it has subscribed last. */
  readonly whenFull: WhenFull;
  /** Messages that have come into its channel since it subscribed. */
  readonly sent: number;
  /** Messages that it had no room for, and did not get. */
  readonly dropped: number;
}

/** An output port as the turns of its actor see it. */
export interface OutputPort<T> {
  /**
   * Stages one message for each that is subscribed at this moment; for nobody, where nobody is.
   *
   * @throws HoldfastError as `Output.send`, for a subscriber with `whenFull: 'wait'`.
   */
  publish(message: T): void;
  /**
   * Subscribes a channel, or an actor by its mailbox, when this turn commits: what later turns publish reaches it. One that
   * is subscribed already is served as `whenFull` says from then on.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`; `ERR_WIRING` for an actor without a mailbox.
   */
  subscribe(receiver: Receiver<T>, options?: SubscribeOptions): void;
  /** Ends that when this turn commits; nothing happens to one that is not subscribed. @throws HoldfastError as `subscribe`. */
  unsubscribe(receiver: Receiver<T>): void;
}

/**
 * An output port as everybody else sees it: had by `port(name)` of the actor's ref. It may be kept in state and sent in
 * messages. It names the port of the actor, not of an incarnation. Of an actor that has ended it does nothing.
 */
export interface PortRef<T> {
  /** Name of the actor. */
  readonly actor: string;
  /** Name of the port in its definition. */
  readonly name: string;
  /** Only for the type checker: undefined at run time. */
  readonly publishes: (() => T) | undefined;
  /**
   * Subscribes a channel, or an actor by its mailbox, at once. One that is subscribed already is served as `whenFull` says from
   * now on.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`; `ERR_WIRING` for an actor without a mailbox; `ERR_OUTSIDE_API_IN_TURN` inside a
   * turn: `ctx.subscribe` is for that.
   */
  subscribe(receiver: Receiver<T>, options?: SubscribeOptions): void;
  /** Ends that at once; nothing happens to one that is not subscribed. @throws HoldfastError as {@link PortRef.subscribe}. */
  unsubscribe(receiver: Receiver<T>): void;
  /**
   * Those that are subscribed and have not ended, in the order in which they did. A subscriber keeps its place when it
   * subscribes again.
   *
   * @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN`.
   */
  subscribers(): readonly Subscriber[];
}

/* eslint-disable @typescript-eslint/no-explicit-any -- any port will do; what it publishes is inferred where it is used. */
/** The names of the output ports among the outputs `O`. */
export type PortName<O> = { [K in keyof O]: O[K] extends OutputPortSpec<any> ? K : never }[keyof O] & string;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What a port publishes, by its declaration. */
export type PublishedBy<Spec> = Spec extends OutputPortSpec<infer T> ? T : never;

/** Whoever has output ports, for those who subscribe. */
export interface Publishing<O> {
  /**
   * An output port of the actor: the same object each time.
   *
   * @throws HoldfastError `ERR_WIRING` if its definition has no such port.
   */
  port<K extends PortName<O>>(name: K): PortRef<PublishedBy<O[K]>>;
}

/** {@link Publishing}, of those who have output ports; of others nothing. */
export type PublishingOf<O> = [PortName<O>] extends [never] ? unknown : Publishing<O>;
