import type { BundleCondition } from '../channel/bundle-condition.ts';
import type { Condition } from '../channel/condition.ts';
import type { Input, InputBundle, Output, OutputBundle } from '../channel/port.ts';
import type { TimerFiring } from '../channel/ring.ts';
import type { Log } from '../ports/log.ts';
import type { ActorRef, MailboxOf } from './actor-ref.ts';
import type { InputBundleSpec, OutputBundleSpec } from './bundle-spec.ts';
import type { AnswerOf, Asking, CallOptions, NewReplyPort, Reply, ReplyPort } from './reply-port.ts';
import type { Receiver } from '../channel/receiver.ts';
import type { InputSpecs, MessageOf, OutputSpecs, SentTo } from './definition.ts';
import type { Owning } from './family.ts';
import type { Down, InputTaking, MonitorOptions } from './down.ts';
import type { GroupOptions } from './groups.ts';
import type { ExitReason } from './exit-reason.ts';
import type {
  OutputPort,
  OutputPortSpec,
  PortRef,
  PublishingOf,
  SubscribeInputOptions,
  SubscribeOptions,
} from './output-port.ts';
import type { NoTables, TableOf, TableSpecs } from './table.ts';
import type { TimerInput, Timers } from './timers.ts';

/** What a loop sees of an input: one channel, or a bundle of them. */
export type InputOf<Spec> = Spec extends InputBundleSpec<infer T> ? InputBundle<T> : Input<MessageOf<Spec>>;
/** What a turn sees of an output: one channel, a bundle of them, or a port. */
export type OutputOf<Spec> =
  Spec extends OutputBundleSpec<infer T>
    ? OutputBundle<T>
    : Spec extends OutputPortSpec<infer T>
      ? OutputPort<T>
      : Output<MessageOf<Spec>>;

/** Why a wait ended. */
export interface WaitResult {
  /**
   * - `ready`: the condition holds.
   * - `timeout`: it was an `after` that ended the wait.
   * - `stopping`: the graph stops. Told once, to sources, and to waits for nothing but time.
   * - `drained`: all inputs are closed and empty. Told once.
   */
  readonly kind: 'ready' | 'timeout' | 'stopping' | 'drained';
  /** Which part of an outermost `any` held, counted from 0; 0 for other conditions, -1 for `stopping` and `drained`. */
  readonly index: number;
  /** Which lane of a bundle ended the wait, counted from 0; -1 where none did. */
  readonly lane: number;
}

/** A fixed cadence: see {@link LoopContext.every}. */
export interface Beat extends Condition {
  /** Milliseconds from one beat to the next. */
  readonly periodMs: number;
  /** Beats that passed unseen before the one that is due, since the last one that was used. */
  readonly missed: number;
}

/** Where the answer to a `ctx.request` goes: to one of the inputs `Port`. */
export interface RequestOptions<Port extends string, Tag> {
  /** The input of this actor that the answer comes to, as a `Reply`: one channel, without a schema. */
  readonly replyTo: Port;
  /** Milliseconds from the commit until the answer is `ERR_CALL_TIMEOUT`: a number above 0. No default. */
  readonly timeoutMs: number;
  /** Comes back with the answer: says what it was that was asked. Default: undefined. */
  readonly tag?: Tag;
}

/** The names of the inputs that take messages of type `M`; none, where it is not known what inputs there are. */
export type InputFor<I extends InputSpecs, M> = string extends keyof I
  ? never
  : { [K in keyof I]: [M] extends [MessageOf<I[K]>] ? K : never }[keyof I] & string;

/** What a turn can do with a ref. */
export interface Casts<M> {
  /**
   * Stages one message for the actor's mailbox. It is there when the turn commits, which waits for room; sent after an output
   * that is wired to the same mailbox, it comes after it. Where the actor is gone for good, a dead letter `no-consumer` is made.
   *
   * @throws HoldfastError as `Output.send`; `ERR_INVALID_OPTION` for what is no ref of an actor of this graph, `ERR_WIRING`
   * for one without a mailbox.
   */
  cast(message: M): void;
}

/** What every turn has, whatever its style. Destructure it freely: the methods do not need `this`. */
export interface TurnContext<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> extends Owning {
  /** Name of the actor in its graph. */
  readonly name: string;
  /** The actor itself, for others to send to: a ref to be put into messages. */
  readonly self: ActorRef<MailboxOf<I>> & PublishingOf<O>;
  /** What the actor was given where it was placed; `undefined` where its definition declares none. */
  readonly args: A;
  /** The state, as last committed plus what this turn has done to it. Its keys are fixed. */
  readonly state: S;
  /** The tables, as last committed plus what this turn has done to them. */
  readonly tables: { readonly [K in keyof T]: TableOf<T[K]> };
  /** The outputs, by the names of the definition. */
  readonly outputs: { readonly [K in keyof O]: OutputOf<O[K]> };
  /** Sends to an actor that this one is not wired to: `ctx.to(ref).cast(message)`. */
  to<M>(this: void, ref: ActorRef<M>): Casts<M>;
  /**
   * Has this actor told when another one has ended and does not come back by itself, or soon if it has already: a message
   * {@link Down} in the input `to`. Erlang calls that a monitor. Kept over restarts of this actor, unless they reset it. Of the
   * same actor and input there is one: watching again changes its options.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`.
   */
  watch<K extends InputTaking<I, Down>>(this: void, ref: ActorRef<never>, options: MonitorOptions<K>): void;
  /** Ends that: when this turn has committed nothing of that actor comes any more; what waits in an input is taken out. */
  unwatch(this: void, ref: ActorRef<never>): void;
  /**
   * Links the present incarnations of this actor and another one: when one of them ends by a failure, a kill or a stop, the other
   * one ends in the same way. With `trapExits` in its definition an actor gets a message {@link ExitSignal} instead. One that
   * has ended already fails this incarnation, or is told of. The next incarnation has no links before it makes some.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`.
   */
  link(this: void, ref: ActorRef<never>): void;
  /** Ends that: when this turn has committed nothing of that link reaches this actor; what waits in an input is taken out. */
  unlink(this: void, ref: ActorRef<never>): void;
  /**
   * Subscribes this actor to an output port, of another one or of its own: messages that are published from the commit of this turn
   * on come to its mailbox, or to the input `to`. Subscribing again changes `whenFull`. Kept over restarts of both.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`.
   */
  subscribe(this: void, port: PortRef<MailboxOf<I>>, options?: SubscribeOptions): void;
  /** The same, for an input that is not the mailbox. @throws HoldfastError as above. */
  subscribe<K extends TimerInput<I>>(this: void, port: PortRef<SentTo<I[K]>>, options: SubscribeInputOptions<K>): void;
  /**
   * Ends that, when this turn commits; nothing happens to an input that is not subscribed. Messages that have come stay.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION`.
   */
  unsubscribe(this: void, port: PortRef<unknown>, options?: { readonly to?: TimerInput<I> }): void;
  /** Joins a process group until this incarnation ends: see `graph.groups`. Joining again does nothing. */
  join(this: void, group: string, options?: GroupOptions): void;
  /** Leaves a process group; nothing happens where it is in none of that name. */
  leave(this: void, group: string, options?: GroupOptions): void;
  /** Stages a message for each member that a process group has at this moment, as `ctx.to(ref).cast` does. */
  castAll(this: void, group: string, message: unknown, options?: GroupOptions): void;
  /** Timers whose messages come to the inputs of this actor. */
  readonly timers: Timers<I>;
  /**
   * Calls an actor and waits for its reply, inside the turn: an outside effect, which leaves at once, is not rolled back, and is
   * made again when the turn is tried again. `reply.key` is the same each time.
   *
   * @param request - Makes the message around its reply port.
   *
   * @throws HoldfastError (the promise rejects) as `ref.call`, and `ERR_CALL_CYCLE`. At once: `ERR_CALL_OVERTAKES`,
   * `ERR_INVALID_OPTION`, `ERR_WIRING`.
   */
  call<M, const Asked extends Asking<M>>(
    this: void,
    ref: Receiver<M>,
    request: (reply: NewReplyPort) => Asked,
    options: CallOptions,
  ): Promise<AnswerOf<M, Asked>>;
  /**
   * Stages the reply to a call: it goes out when the turn commits. A reply that nobody waits for any more is dropped and counted.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` for what is no reply port, and for a promise as the value.
   */
  reply(this: void, port: ReplyPort<void>): void;
  /** The same, with the value that the caller waits for. @throws HoldfastError as above. */
  reply<R>(this: void, port: ReplyPort<R>, value: NoInfer<R>): void;
  /**
   * Stages a request: {@link TurnContext.call} as two turns. The answer comes as a message, a `Reply`, to an input of this actor.
   *
   * @param request - Makes the message around its reply port.
   *
   * @throws HoldfastError as {@link Casts.cast}; `ERR_INVALID_OPTION`.
   */
  request<M, const Asked extends Asking<M>, Tag = undefined>(
    this: void,
    ref: Receiver<M>,
    request: (reply: NewReplyPort) => Asked,
    options: RequestOptions<InputFor<I, Reply<AnswerOf<M, NoInfer<Asked>>, NoInfer<Tag>>>, Tag>,
  ): void;
  /** A logger with the actor's name and regeneration in each line. What a turn logs is not rolled back. */
  readonly log: Log;
  /** Aborts when the turn is abandoned: hand it to whatever the turn awaits. */
  readonly signal: AbortSignal;
  /** How often the actor was restarted; 0 at first. */
  readonly regeneration: number;
  /** Which attempt this turn is for the message taken last or, before one is taken, for the turn; 1 at first. */
  readonly attempt: number;
  /** Identity of the message taken last: stable over retries, for use as an idempotency key; `undefined` without one. */
  readonly messageId: string | undefined;
  /**
   * Identity of the message that the one taken last was replayed for; `undefined` for one that was not. The same after any
   * number of replays, so `replayOf ?? messageId` is an idempotency key that holds over replays too.
   */
  readonly replayOf: string | undefined;
  /** Which timer has sent the message taken last, and how many beats it has missed; `undefined` for any other message. */
  readonly firing: TimerFiring | undefined;
  /** Identity of this turn, stable over its retries: from the first message taken or, without one, from the turn's number. */
  readonly turnId: string;
  /** Monotonic milliseconds. */
  nowMs(this: void): number;
  /** Milliseconds since the epoch. */
  wallMs(this: void): number;
  /** A number in [0, 1). */
  random(this: void): number;
  /**
   * Runs something outside Holdfast as part of the turn, such as an HTTP request. It cannot be rolled back: if the turn
   * is retried it runs again, so give it `messageId` as its idempotency key.
   *
   * @param name - Says what it is, in reports.
   * @param run - Gets a signal that aborts when the turn is abandoned.
   */
  effect<T>(this: void, name: string, run: (signal: AbortSignal) => Promise<T> | T): Promise<T>;
  /** Ends the turn without effect and without counting as a failure; the actor begins anew, as after a restart. */
  rollback(this: void): never;
  /**
   * Ends the incarnation, by its own wish, when this turn commits. The restart type of the actor says whether it comes back.
   *
   * @param reason - Default `"normal"`. Of several in one turn the first counts; in `onStop` there is nothing left to end.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` for what is no reason.
   */
  exit(this: void, reason?: ExitReason): void;
  /** Asks the graph to stop, when this turn commits. With a `shutdownBarrier`, it stops when the others have asked too. */
  requestShutdown(this: void, reason?: string): void;
}

/** The context of a handler: one message is in hand. */
export interface HandlerContext<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> extends TurnContext<O, S, A, T, I> {
  /** Lane of the message in hand, where its input is a bundle; else -1. */
  readonly lane: number;
  /** Turns the message in hand into a dead letter with `reason`, as part of this turn: for expected bad data. */
  reject(this: void, reason: string): void;
}

/** The context of a handler that gets batches. `messageId` and `attempt` are those of the last message of the batch. */
export interface BatchContext<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> extends TurnContext<O, S, A, T, I> {
  /** Lane of the batch, where its input is a bundle; else -1. */
  readonly lane: number;
  /** The identity of each message of the batch, in the same order; see {@link TurnContext.messageId}. */
  readonly messageIds: readonly string[];
  /**
   * Turns the message at `index` of the batch into a dead letter with `reason`, as part of this turn: for expected bad data.
   *
   * @throws HoldfastError `ERR_NOTHING_TO_REJECT` if the batch has no such message, or it was rejected already.
   */
  reject(this: void, index: number, reason: string): void;
}

/** The context of `onDrained`: a turn without a message. */
export type DrainedContext<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> = TurnContext<O, S, A, T, I>;

/** The context of a hook: a turn without a message. */
export type HookContext<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> = TurnContext<O, S, A, T, I>;

/** The context of a source. */
export interface SourceContext<
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
  I extends InputSpecs = InputSpecs,
> extends TurnContext<O, S, A, T, I> {
  /** True until the graph stops. */
  running(this: void): boolean;
}

/** Named conditions under which a loop may stop; one that is false vetoes the stop, and its name is in the report. */
export type Vetoes = Readonly<Record<string, () => boolean>>;

/**
 * The context of a loop. `attempt`, `messageId` and `turnId` change from turn to turn: read them from the context, do not
 * destructure them.
 */
export interface LoopContext<
  I extends InputSpecs,
  O extends OutputSpecs,
  S extends object,
  A,
  T extends TableSpecs = NoTables,
> extends TurnContext<O, S, A, T, I> {
  /** The inputs, by the names of the definition. */
  readonly inputs: { readonly [K in keyof I]: InputOf<I[K]> };
  /** Lane of the message taken last, where it was taken from a bundle; else -1. */
  readonly lane: number;
  /**
   * True until all inputs are closed and empty (takes of this turn count as gone) or, for an actor without inputs, until
   * the graph stops; and while one of `vetoes` is false.
   */
  running(this: void, vetoes?: Vetoes): boolean;
  /**
   * Commits the turn, waits, and begins the next turn.
   *
   * @throws HoldfastError `ERR_ABANDONED` once, when the actor is killed or fails meanwhile: let `finally` run, catch
   * nothing. At once: `ERR_ALREADY_WAITING` for a second wait, `ERR_INVALID_OPTION` for what is no condition.
   */
  next(this: void, condition: Condition): Promise<WaitResult>;
  /** Waits inside the turn: nothing is committed. */
  pause(this: void, condition: Condition): Promise<WaitResult>;
  /** Commits the turn and begins the next one, without waiting for anything but room. */
  commit(this: void): Promise<void>;
  /**
   * Does what {@link LoopContext.next} does, at once, if nothing needs waiting for and the actor's share of time lasts;
   * otherwise does nothing and answers `undefined`. The fast loop is `tryNext(c) ?? (await next(c))`.
   */
  tryNext(this: void, condition: Condition): WaitResult | undefined;
  /** Every condition holds. */
  all(this: void, ...conditions: readonly Condition[]): Condition;
  /** At least one condition holds; the result's `index` says which, in turn when several do. */
  any(this: void, ...conditions: readonly Condition[]): Condition;
  /** A lane is ready in every one of the conditions, which are those of bundles with as many lanes. */
  sameLane(this: void, ...conditions: readonly BundleCondition[]): BundleCondition;
  /**
   * A fixed cadence: due every `periodMs`, reckoned from the first call, without drift. Beats that pass unseen are
   * counted (`missed`) and not made up for. One cadence per period and actor: calling it again gives the same one. Kept
   * over restarts: a beat whose turn fails is due again.
   */
  every(this: void, periodMs: number): Beat;
  /** `timeoutMs` have passed since the wait began. */
  after(this: void, timeoutMs: number): Condition;
  /**
   * The promise has settled, one way or the other.
   *
   * @throws HoldfastError `ERR_INVALID_OPTION` for what is no promise.
   */
  until(this: void, promise: Promise<unknown>): Condition;
}
