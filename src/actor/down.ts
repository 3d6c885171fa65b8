import type { ActorRef } from './actor-ref.ts';
import type { InputSpecs, SentTo } from './definition.ts';
import type { Exit } from './events.ts';

/** How an actor that is watched has ended. `gone`: it had ended before anybody watched it. Erlang calls that `noproc`. */
export type WatchedExit = Exit | { readonly kind: 'gone' };

/** An actor that was watched has ended. */
export interface Down {
  /** Tells it from other messages. */
  readonly kind: 'down';
  /** Name of the actor. */
  readonly actor: string;
  /** The actor. */
  readonly ref: ActorRef<never>;
  /** Of the incarnation that has ended. */
  readonly regeneration: number;
  /** How it has ended. */
  readonly exit: WatchedExit;
  /** Ends of incarnations before this one that have no message of their own: the one before still waited for room. */
  readonly missed: number;
}

/** What an actor that traps exits is told when one that it is linked to has ended. */
export interface ExitSignal {
  /** Tells it from other messages. */
  readonly kind: 'exit';
  /** Name of the other actor. */
  readonly actor: string;
  /** The other actor. */
  readonly ref: ActorRef<never>;
  /** Of the incarnation that has ended. */
  readonly regeneration: number;
  /** How it has ended. */
  readonly exit: WatchedExit;
  /** Ends before this one, of links to the same actor, that have no message of their own: the one before still waited for room. */
  readonly missed: number;
}

/** Names of the inputs that `Message` may be sent to, which are no bundles. */
export type InputTaking<I extends InputSpecs, Message> = {
  [K in keyof I & string]: I[K] extends { readonly kind: 'input' } ? (Message extends SentTo<I[K]> ? K : never) : never;
}[keyof I & string];

/** Options of `ref.watch`. */
export interface WatchRefOptions {
  /** Tell of the end of each incarnation. Default false: of the end that the actor does not come back from by itself. */
  readonly incarnations?: boolean;
}

/** Options of `ctx.watch`. */
export interface MonitorOptions<K extends string> extends WatchRefOptions {
  /** The input of this very actor that is told. */
  readonly to: K;
}

/** Is called when a watched actor has ended: between two slices; what it throws is logged. */
export type DownListener = (down: Down) => void;
