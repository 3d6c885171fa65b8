import type { Exit } from '../actor/events.ts';
import type { Random } from '../ports/random.ts';
import type { BreakerState } from './breaker.ts';
import type { Child } from './child.ts';
import type { ChildEvent, Directive } from './directive.ts';
import type { GaveUp, SupervisorEnd } from './supervisor-end.ts';

/** How an attempt to start a child went. `ignored`: it does not want to run now, and that is no failure. */
export type StartResult =
  { readonly kind: 'running' } | { readonly kind: 'ignored' } | { readonly kind: 'failed'; readonly error: unknown };

/** What a supervisor has decided, told before it is done. */
export type Decided<T> =
  /** A child comes back in `delayMs`, and with it those that its strategy restarts as well. */
  | { readonly kind: 'restarting'; readonly child: Child<T>; readonly delayMs: number }
  /** The policy has it go on without the message at fault. */
  | { readonly kind: 'resumed'; readonly child: Child<T> }
  /** It has restarted more often than its `alert` allows. Told once, until it has restarted less often meanwhile. */
  | { readonly kind: 'alert'; readonly child: Child<T>; readonly moreThan: number; readonly withinMs: number }
  /** Its failure has lowered a limit, to `value`. */
  | { readonly kind: 'limitLowered'; readonly child: Child<T>; readonly value: number }
  /** Its circuit breaker: while it is open, the child is not started. */
  | { readonly kind: 'breaker'; readonly child: Child<T>; readonly state: BreakerState }
  /** From now on its fallback is started in its stead; or, `isOn` false, itself again. */
  | { readonly kind: 'fallback'; readonly child: Child<T>; readonly isOn: boolean }
  /** It could not start again, and is not tried again, because the supervisor is in a hurry. */
  | { readonly kind: 'leftOut'; readonly child: Child<T>; readonly error: unknown }
  /** The supervisor stops its children, and ends. */
  | GaveUp
  | { readonly kind: 'autoShutdown'; readonly child: string };

/** Whoever can start and stop children, for one supervisor. It answers at once or later, never twice, and never throws. */
export interface ChildControl<T> {
  readonly random: Random;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** For reports only. */
  wallMs(): number;
  /**
   * Calls `callback` in `delayMs`; in 0: as soon as others had their turn, never at once. So a child that cannot start holds
   * up nobody for ever.
   *
   * @returns a function that takes it back.
   */
  after(delayMs: number, callback: () => void): () => void;

  /** Starts its subject, or the fallback of it where `child.isFallback` says so. */
  start(child: Child<T>, answer: (result: StartResult) => void): void;
  /** Stops a child as its spec says; one that has ended already is answered for at once. */
  stop(child: Child<T>, answer: () => void): void;

  /** For events and counters. What it does must not change what is decided. */
  decided(what: Decided<T>): void;
  /**
   * A child will not come back by itself. Told once for each time it ceases to run, when it:
   *
   * - has ended and is not brought back by its restart type or the policy: `completed`, a transient one that ended of its own
   *   will, a temporary one, one of a dynamic supervisor. `exit` says how; `undefined`: it could not start again;
   * - has answered that it does not want to run now, after it had run before or in its first attempt (`exit` undefined);
   * - is forgotten though it did not end by itself: deleted, or temporary or dynamic and stopped, by an operator or with
   *   its group (`exit` undefined).
   *
   * NOT told when an operator terminates a child that is kept: that one only waits for the operator. Nor when a child that was
   * to be added could not start: the answer says so. Nor for the children of a supervisor that ends: `ended` speaks for all
   * of them.
   *
   * @param mayReturn - Its spec is kept, so an operator's restart or a restart of its group starts it again. If false, this
   * child object is never started again; a child added later under the same id is another.
   */
  gone(child: Child<T>, exit: Exit | undefined, mayReturn: boolean): void;
  /**
   * All children have ended, and no more starts, stops or timers follow. `children` still lists those that the supervisor had
   * when it began to end. Not told when the supervisor could not start: there the answer to `start` says so.
   */
  ended(end: SupervisorEnd): void;
}

/** Who decides about children, where a supervisor leaves that to somebody. It answers at once or later, never twice. */
export interface Policy<T> {
  /** A policy that throws is answered for as `threw`. */
  ask(event: ChildEvent<T>, answer: (directive: Directive<T>) => void): void;
  /**
   * A child whose code has thrown goes on with its committed state and without the message at fault, in the same incarnation as
   * far as the supervisor is concerned. `failed` counts as a failed start.
   */
  resume(child: Child<T>, answer: (result: StartResult) => void): void;
}

/**
 * Kills a child because its supervisor is killed: an actor, whatever it is doing, also starting or stopping; a supervisor stops
 * its own children in order and ends `killed`; one that does not run is answered for at once.
 */
export type KillChild<T> = (child: Child<T>, answer: () => void) => void;
