import type { InputSpecs, MessageOf, OutputSpecs } from '../actor/definition.ts';
import type { EntriesOf, TableSpecs } from '../actor/table.ts';

/** Messages by port; every port is there. Those of a bundle come lane by lane. */
export type MessagesByPort<P extends InputSpecs | OutputSpecs> = {
  readonly [K in keyof P]: readonly MessageOf<P[K]>[];
};

/** A message that a turn has rejected. */
export interface RejectedMessage {
  /** The input that it was taken from. */
  readonly port: string;
  /** As the turn took it. */
  readonly message: unknown;
  /** As given to `reject`. */
  readonly reason: string;
}

/** One turn of an actor under test. */
export type TurnRecord<
  I extends InputSpecs = InputSpecs,
  O extends OutputSpecs = OutputSpecs,
  S extends object = object,
  T extends TableSpecs = TableSpecs,
> = {
  /** Of all turns of the actor, committed or not, from 1. */
  readonly number: number;
  /** Of the incarnation whose turn it is. */
  readonly regeneration: number;
  /** The hook whose turn it is: `onRestart` has its own in common with `onStart`. Undefined for any other turn. */
  readonly hook: 'onStart' | 'onStop' | 'onChildEvent' | undefined;
  /** Virtual time at which it ended. */
  readonly endedAtMs: number;
  /** What it has taken, without what it has rejected; nothing for a turn that did not commit. */
  readonly taken: MessagesByPort<I>;
  /** What it has sent; nothing for a turn that did not commit. */
  readonly sent: MessagesByPort<O>;
  /** What it has rejected. */
  readonly rejected: readonly RejectedMessage[];
  /** The state as committed before it. */
  readonly stateBefore: S;
  /** The state as committed after it: for a turn that did not commit, the same. */
  readonly stateAfter: S;
  /** As `stateBefore`, for the tables. */
  readonly tablesBefore: EntriesOf<T>;
  /** As `stateAfter`, for the tables. */
  readonly tablesAfter: EntriesOf<T>;
} & (
  | { readonly kind: 'committed' }
  | {
      /** `rolledBack`: by `ctx.rollback()`. `killed`: from outside. */
      readonly kind: 'failed' | 'rolledBack' | 'killed';
      /** What it failed with; undefined for a turn that was killed. */
      readonly error: unknown;
      /** What it had taken and staged, which came to nothing. */
      readonly undone: { readonly taken: MessagesByPort<I>; readonly sent: MessagesByPort<O> };
    }
);
