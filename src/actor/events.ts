import type { Part } from '../ports/watchdog.ts';
import type { DeadLetter } from './dead-letter.ts';

/** How an incarnation ended. */
export type Exit =
  /** All inputs drained, or a source that is done. Never restarted. */
  | { readonly kind: 'completed' }
  /** By the actor's own wish. */
  | { readonly kind: 'normal' }
  /** Stopped by its supervisor or with the graph; or by its own wish, `ctx.exit('shutdown')`, with the reason that was given. */
  | { readonly kind: 'shutdown'; readonly why?: unknown }
  /** A throw, a rejection or a turn past its deadline. */
  | { readonly kind: 'crashed'; readonly error: unknown }
  /** Ended by `kill`, from outside. */
  | { readonly kind: 'killed' };

/** A message that a failed turn had in hand. */
export interface MessageInHand {
  /** The identity that the turn saw as `ctx.messageId`. */
  readonly messageId: string;
  /** As in `ctx.replayOf`. */
  readonly replayOf: string | undefined;
  /** Attempts that have failed so far, this one included. */
  readonly failedAttempts: number;
}

/** Why a graph has become more or less degraded: a trigger, and what it read. It fires at `limit` and above. */
export interface DegradationCause {
  /** `heapUsedRatio`, `restarts`, `backlogAgeMs`, `deadLettersRatio`, the name of one of your own, or `stopping`. */
  readonly trigger: string;
  /** What it read. One of your own reads 1 while it fires, else 0. */
  readonly value: number;
  /** Its threshold. */
  readonly limit: number;
  /** For `backlogAgeMs`: the channel with the oldest message. */
  readonly channel?: string;
}

/** What happened, for logs, tests and telemetry. Listening never changes it. */
export type GraphEvent =
  /** All actors, feeds and sinks have been started. */
  | { readonly kind: 'started' }
  /** An incarnation of an actor or a supervisor has begun; a supervisor tells it before its children begin. */
  | { readonly kind: 'actorStarted'; readonly actor: string; readonly regeneration: number }
  /** An incarnation has ended, by itself or because it was stopped. Its supervisor decides what follows. */
  | { readonly kind: 'actorStopped'; readonly actor: string; readonly regeneration: number; readonly exit: Exit }
  /** An incarnation could not start. */
  | { readonly kind: 'startFailed'; readonly actor: string; readonly regeneration: number; readonly error: unknown }
  /** An actor does not want to run now: its `onStart` has answered `'ignore'`. */
  | { readonly kind: 'startIgnored'; readonly actor: string; readonly regeneration: number }
  /** The policy of its supervisor has an actor go on without the message at fault. */
  | { readonly kind: 'resumed'; readonly actor: string }
  /** An actor has restarted more often than its `alert` allows. Told once, until it has restarted less often meanwhile. */
  | { readonly kind: 'restartAlert'; readonly actor: string; readonly moreThan: number; readonly withinMs: number }
  /** A failure of an actor has lowered the limit of its option `lowers`. */
  | { readonly kind: 'limitLowered'; readonly actor: string; readonly value: number }
  /** The circuit breaker of an actor: while it is open, the actor is not started. */
  | { readonly kind: 'breaker'; readonly actor: string; readonly state: 'closed' | 'open' | 'halfOpen' }
  /** From now on the fallback of an actor is started in its stead; or, `isOn` false, itself again. */
  | { readonly kind: 'fallback'; readonly actor: string; readonly isOn: boolean }
  /** The policy of its supervisor has put another definition in the place of an actor, which begins next. */
  | { readonly kind: 'replaced'; readonly actor: string }
  /** A child of a supervisor has failed once too often: the supervisor stops its other children and ends. */
  | { readonly kind: 'gaveUp'; readonly supervisor: string; readonly child: string; readonly error: Error }
  /** A turn failed, or the actor was killed: its turn has been rolled back. */
  | {
      readonly kind: 'failed';
      readonly actor: string;
      readonly regeneration: number;
      readonly exit: Exit;
      /** The messages in hand, with their failed attempts so far. */
      readonly inHand: readonly MessageInHand[];
    }
  /** The supervisor restarts the actor, in `delayMs`. */
  | { readonly kind: 'restarting'; readonly actor: string; readonly delayMs: number }
  /** The next incarnation begins; `regeneration` is its own. */
  | { readonly kind: 'restarted'; readonly actor: string; readonly regeneration: number }
  /** The actor will not come back. */
  | { readonly kind: 'ended'; readonly actor: string; readonly exit: Exit }
  /**
   * A subscriber of an output port had no room for a message, and does not get it. `dropped`: how many those are by now. The first
   * one is told at once, and further ones once a second at the most.
   */
  | {
      readonly kind: 'publicationDropped';
      readonly actor: string;
      readonly port: string;
      /** That of the subscriber. */
      readonly channel: string;
      readonly dropped: number;
    }
  /** A subscriber with `whenFull: 'disconnect'` had no room for a message, and is subscribed no longer. */
  | {
      readonly kind: 'subscriberDisconnected';
      readonly actor: string;
      readonly port: string;
      readonly channel: string;
      readonly dropped: number;
    }
  /** A message became a dead letter. */
  | { readonly kind: 'deadLetter'; readonly letter: DeadLetter }
  /** A dead letter was sent again: it has left the store, and is the message `messageId` in `channel`. */
  | { readonly kind: 'replayed'; readonly letter: DeadLetter; readonly channel: string; readonly messageId: string }
  /** The store of dead letters has come to 80 % or to 100 % of its capacity. */
  | { readonly kind: 'deadLettersFilling'; readonly size: number; readonly capacity: number }
  /** `turns` turns took `elapsedMs` without giving up the event loop. */
  | { readonly kind: 'slowTurn'; readonly actor: string; readonly elapsedMs: number; readonly turns: number }
  /**
   * The event loop goes on, after the watchdog has reported it as stuck. `part` held it; undefined: something outside the
   * graph, such as a timer of the program.
   */
  | { readonly kind: 'stuck'; readonly part: Part | undefined; readonly elapsedMs: number }
  /** Code of an ended turn or incarnation tried to act; it reached nothing. */
  | { readonly kind: 'fenced'; readonly actor: string; readonly verb: string }
  /**
   * An error that nothing caught, under `graph.run()`. `actor` set it off, and fails if it was its present incarnation;
   * `undefined` where nobody can say, and then `openTurns` has the actors (20 at most) that had a turn open, and the graph
   * stops.
   */
  | {
      readonly kind: 'stray';
      readonly actor: string | undefined;
      readonly error: unknown;
      readonly openTurns: readonly string[];
    }
  /** The graph has become more degraded, from level `from` to `level`. */
  | {
      readonly kind: 'degraded';
      readonly level: number;
      readonly name: string;
      readonly from: number;
      readonly cause: DegradationCause;
    }
  /** The graph has become less degraded; level 0 is the graph as it is meant to be, and its name is `normal`. */
  | {
      readonly kind: 'recovered';
      readonly level: number;
      readonly name: string;
      readonly from: number;
      readonly cause: DegradationCause;
    }
  /** A feed or a sink has failed; the graph drains and stops. */
  | { readonly kind: 'edgeFailed'; readonly edge: string; readonly error: unknown }
  /** A party of the shutdown barrier has asked; `missing` more have to. */
  | { readonly kind: 'shutdownAsked'; readonly party: string; readonly reason: string; readonly missing: number }
  /** An actor has ended that the shutdown barrier waited for, or without which too few are left to ask. */
  | { readonly kind: 'shutdownPartyLost'; readonly actor: string; readonly missing: number }
  /** A stop was requested: the graph drains. */
  | { readonly kind: 'stopping'; readonly reason: string }
  /** The graph has stopped; `clean` as `graph.stopped()` resolves or rejects. */
  | { readonly kind: 'stopped'; readonly clean: boolean };
