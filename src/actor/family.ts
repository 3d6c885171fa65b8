import type { Receiver } from '../channel/receiver.ts';
import type { ActorRef, MailboxOf } from './actor-ref.ts';
import type { OutputBundleSpec } from './bundle-spec.ts';
import type { ChildEvent, ChildInfo } from './child-event.ts';
import type { ChildPolicies } from './child-policies.ts';
import type { ActorDefinition, InputSpecs, MessageOf, OutputSpecs, OwnInputSpec } from './definition.ts';
import type { PublishingOf } from './output-port.ts';
import type { ArgsOption } from './replacement.ts';
import type { ActorOptions } from './settings.ts';
import type { TableSpecs } from './table.ts';
import type { Turn } from './turn.ts';

/** How an actor keeps its children: the options of a supervisor. */
export interface OwnerOptions {
  /** Which children restart when one of them ends. Default `"oneForOne"`. */
  readonly strategy?: 'oneForOne' | 'oneForAll' | 'restForOne';
  /** Restarts of all its children together allowed within `periodMs`; one more and the actor fails. `Infinity`: no limit. Default 5. */
  readonly maxRestarts?: number;
  /** Length of the sliding window for `maxRestarts`, in milliseconds. Default 10,000. */
  readonly periodMs?: number;
  /** Whether the actor ends when any, or the last, of its significant children has ended by itself. Default `"never"`. */
  readonly autoShutdown?: 'never' | 'anySignificant' | 'allSignificant';
  /** What its children start from when the actor is restarted: what they are made with, or what they had. Default `"fresh"`. */
  readonly onEscalation?: 'fresh' | 'preserve';
  /** After so many milliseconds without a restart all earlier ones are forgotten. Default: never. */
  readonly resetAfterMs?: number;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` is the only type that message types, which are both read
   and written, can all be assigned to; the inferred types replace it at every use. */
/** Inputs that may be left unwired, all of them. */
export type OwnInputSpecs = Readonly<Record<string, OwnInputSpec<any, any>>>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What the outputs of a child are wired to: channels, or actors, whose mailboxes are meant. */
export type ChildWiring<O extends OutputSpecs> = {
  readonly [K in keyof O as O[K] extends { readonly kind: 'outputPort' } ? never : K]: O[K] extends OutputBundleSpec<
    infer T
  >
    ? readonly Receiver<T>[]
    : Receiver<MessageOf<O[K]>>;
};

/** The options of a child; `args` is required where its definition declares some. */
export type ChildOptions<Given, I extends InputSpecs = InputSpecs, O extends OutputSpecs = OutputSpecs> = ActorOptions &
  ChildPolicies<I, O> &
  ArgsOption<Given>;

/** What `ctx.spawn` takes besides id and definition: what can be left out where nothing has to be wired or given. */
export type ChildArguments<O extends OutputSpecs, Given, I extends InputSpecs = InputSpecs> = undefined extends Given
  ? Record<never, never> extends ChildWiring<O>
    ? [wiring?: ChildWiring<O>, options?: ChildOptions<Given, I, O>]
    : [wiring: ChildWiring<O>, options?: ChildOptions<Given, I, O>]
  : [wiring: ChildWiring<O>, options: ChildOptions<Given, I, O>];

/** How a child is to end. */
export interface StopChildOptions {
  /**
   * It works off first what is in its inputs. It belongs to the incarnation of its owner all the same: if that ends before, the
   * next one that spawns it in its start has it go on, and otherwise what is left becomes dead letters. Default false.
   */
  readonly drain?: boolean;
}

/** What a turn can do with the children of its actor. For definitions with `supervises`. */
export interface Owning {
  /**
   * Stages a child: it is placed and started when the turn commits, as the last one; after a roll back nothing is left of it. Its
   * full name is that of this actor, a slash, and `id`.
   *
   * The children belong to the incarnation. The next one spawns them again: from the same definition, with the same wiring and
   * options, it is the same place, its ref and what waits in its mailbox included. What it does not spawn in its start is gone
   * for good.
   *
   * @throws HoldfastError `ERR_INVALID_DEFINITION` without `supervises`; `ERR_CHILD_REFUSED` if there is such a child; as
   * `graph.spawn`: `ERR_INVALID_OPTION`, `ERR_WIRING` (also for a wired input: children have inputs of their own),
   * `ERR_SCHEMA`.
   */
  spawn<I extends OwnInputSpecs, O extends OutputSpecs, S extends object, A, T extends TableSpecs, Given>(
    this: void,
    id: string,
    definition: ActorDefinition<I, O, S, A, T, Given>,
    ...[wiring, options]: ChildArguments<NoInfer<O>, NoInfer<Given>, NoInfer<I>>
  ): ActorRef<MailboxOf<I>> & PublishingOf<O>;
  /**
   * Stages the end of a child, by its shutdown time. It is gone for good then: what waits in its inputs becomes dead letters, and
   * its id is free. With `drain` it takes no more from now on, works off what it has, and is gone then.
   *
   * @param child - Its ref, or its id.
   *
   * @throws HoldfastError `ERR_INVALID_DEFINITION` without `supervises`; `ERR_INVALID_OPTION` for what is no child; `ERR_WIRING` for
   * one without inputs that is to drain.
   */
  stopChild(this: void, child: ActorRef<never> | string, options?: StopChildOptions): void;
  /** The children at this moment, in start order; without those that this turn has spawned. @throws as `stopChild`. */
  children(this: void): readonly ChildInfo[];
}

/** The children of an actor, as the actor sees them. What is asked for here is done between its slices, never in its commits. */
export interface Family {
  /** Nothing of them is there that would keep their owner awake. */
  readonly isEmpty: boolean;
  /** What the actor is to decide about; undefined while there is nothing. */
  readonly event: ChildEvent | undefined;
  /** Throws what is wrong with an answer of `onChildEvent`, if anything is. */
  checkAnswer(answer: unknown): void;
  /** The turn in which the actor has decided so has committed, or waits only for room. */
  decided(event: ChildEvent, answer: unknown): void;
  /** A turn waits for room: nobody can wait for what the actor decides. The rules do; it is told later. */
  ownerWaits(): void;
  /** An incarnation has begun: of those of earlier ones, what it has not spawned again is gone for good. */
  begun(): void;
  /**
   * There is no incarnation any more: they end, last started first. Their places are kept for the next one.
   *
   * @param how - `kill`: at once, also if they are stopping already.
   * @param done - Called once for each call, at once if there is nothing to end.
   */
  end(how: 'stop' | 'kill', done: () => void): void;
  /** Stages one. @returns its ref. */
  spawn(turn: Turn, id: string, definition: unknown, wiring: unknown, options: unknown): unknown;
  /** Stages the end of one. @param drains - It works off what it has. */
  stopChild(turn: Turn, child: unknown, drains: boolean): void;
  children(): readonly ChildInfo[];
}
