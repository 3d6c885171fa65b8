import type { ActorRef, MailboxOf } from '../actor/actor-ref.ts';
import type { InputBundleSpec } from '../actor/bundle-spec.ts';
import type { InputSpecs, MessageOf, OutputSpecs, SentTo } from '../actor/definition.ts';
import type { Publishing } from '../actor/output-port.ts';
import type { Bundle, Channel } from './channel.ts';

/** What an input is wired to, by its declaration: a channel, or a bundle of them. */
export type WiredTo<Spec> = Spec extends InputBundleSpec<infer T> ? Bundle<T> : Channel<MessageOf<Spec>, SentTo<Spec>>;

/** What `spawn` answers: the ref of an actor, with its inputs. */
export interface SpawnedActor<I extends InputSpecs, O extends OutputSpecs = OutputSpecs>
  extends ActorHandle<I, O>, ActorRef<MailboxOf<I>> {}

/** An actor of a graph, seen from outside. */
export interface ActorHandle<I extends InputSpecs, O extends OutputSpecs = OutputSpecs> extends Publishing<O> {
  /** Unique in the graph among actors, feeds and sinks. */
  readonly name: string;
  /** The channel of an input, or its bundle: how code outside the graph reaches an actor that has channels of its own. */
  input<K extends keyof I & string>(port: K): WiredTo<I[K]>;
  /** Kills the present incarnation: its turn is rolled back, and its restart type decides. For tests and operators. */
  kill(why?: string): void;
  /** Stops the present incarnation: see {@link ActorRef.stop}. @throws HoldfastError `ERR_OUTSIDE_API_IN_TURN` inside a turn. */
  stop(): Promise<void>;
  /**
   * Lets the actor work off what it has, and end: see {@link ActorRef.drain}.
   *
   * @throws HoldfastError `ERR_WIRING` for an actor without inputs; `ERR_OUTSIDE_API_IN_TURN` inside a turn.
   */
  drain(): Promise<void>;
}
