import type { ActorRef, MailboxOf } from './actor-ref.ts';
import type { InputSpecs, OutputSpecs } from './definition.ts';
import type { DefinitionWith } from './replacement.ts';

/** How many restarts of a child are worth an alert. */
export interface AlertOptions {
  /** One more than so many restarts within `withinMs` is one: an integer of 0 or more. */
  readonly moreThan: number;
  /** Length of the sliding window for `moreThan`, in milliseconds. */
  readonly withinMs: number;
  /**
   * Called once when they become too many; again only after there were fewer meanwhile. It runs outside all turns, between two
   * slices; what it throws or rejects with is logged. Default: none, and there is only the event `restartAlert`.
   */
  readonly notify?: (alert: RestartAlarm) => void;
}

/** A child restarts too often. */
export interface RestartAlarm {
  /** Its full name. */
  readonly actor: string;
  /** As in its option. */
  readonly moreThan: number;
  /** As in its option. */
  readonly withinMs: number;
}

/** A circuit breaker before a child: when to leave it alone that keeps failing, and for how long. */
export interface BreakerOptions {
  /** Failures within `periodMs` that open it: an integer of 1 or more. */
  readonly maxFailures: number;
  /** Length of the sliding window for `maxFailures`, in milliseconds. Default 60,000. */
  readonly periodMs?: number;
  /** How long it stays open, in milliseconds, before one start is tried. */
  readonly resetTimeoutMs: number;
}

/** A circuit breaker before an actor. `M` is what may be sent to its mailbox. */
export interface BreakerPolicy<M> extends BreakerOptions {
  /**
   * Who gets what is sent to the mailbox while it is open: an actor of the same graph, whose mailbox has the same schema or,
   * like that of the child, none. Default: nobody, and senders are refused.
   */
  readonly divertTo?: ActorRef<M> | undefined;
}

/** When another definition stands in for a child that keeps failing. What that is stands beside these. */
export interface FallbackOptions {
  /** Failures in a row after which the other one is started: an integer of 1 or more. */
  readonly after: number;
  /** After the other one has run for so many milliseconds, the child itself is tried again. `Infinity`: never. Default 60,000. */
  readonly returnAfterMs?: number;
}

/** Another definition that stands in for an actor with these ports. Made by {@link fallbackTo}. */
export interface FallbackPolicy<I extends InputSpecs = InputSpecs, O extends OutputSpecs = OutputSpecs> {
  /** Tells it from other data. */
  readonly kind: 'fallback';
  /** Of whoever stands in. */
  readonly definition: DefinitionWith<I, O>;
  /** What that is given. */
  readonly args: unknown;
  /** When it takes over, and when it gives way. */
  readonly options: FallbackOptions;
}

/** A limit that failures lower. Made by {@link shrinkingLimit}. */
export interface LoweredLimit {
  /** Tells it from other data. */
  readonly kind: 'shrinkingLimit';
  /** The limit at `nowMs`: monotonic milliseconds. */
  valueAt(nowMs: number): number;
}

/** What an actor's supervisor does for it besides restarting it. */
export interface ChildPolicies<I extends InputSpecs = InputSpecs, O extends OutputSpecs = OutputSpecs> {
  /** Tells somebody when it restarts too often. Default: nobody is told. */
  readonly alert?: AlertOptions | undefined;
  /** Leaves it alone for a while when it fails too often, and senders with it. Default: it is tried again and again. */
  readonly breaker?: BreakerPolicy<MailboxOf<I>> | undefined;
  /**
   * Another definition stands in for it when it keeps failing, and gives way again: made by {@link fallbackTo}. Default: it is
   * tried again and again.
   */
  readonly fallback?: FallbackPolicy<I, O> | undefined;
  /** Its failures lower this limit, made by {@link shrinkingLimit}; several children may lower one. Default: none. */
  readonly lowers?: LoweredLimit | undefined;
}
