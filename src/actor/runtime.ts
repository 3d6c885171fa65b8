import type { MessageFreezer } from '../base/plain-data.ts';
import type { RoomSource } from '../channel/ring.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Calls } from './calls.ts';
import type { CodeTracking } from './code-tracking.ts';
import type { NewDeadLetter } from './dead-letter.ts';
import type { Exit, GraphEvent } from './events.ts';
import type { FailureRecorder } from './failure-recorder.ts';
import type { Groups } from './groups.ts';
import type { Links } from './links.ts';
import type { WorkRehearsal } from './rehearsal.ts';
import type { Publishers } from './publishers.ts';
import type { RunQueue } from './run-queue.ts';
import type { TimerQueue } from './timer-queue.ts';
import type { Brakes } from './turn-gate.ts';
import type { Watches } from './watches.ts';

/** What is known of a dead letter before it is written, and decides where it goes. */
export type LetterAddress = Pick<NewDeadLetter, 'channel' | 'actor' | 'reason'>;

/** Where dead letters go. */
export interface DeadLetterSink {
  /** Where they are kept. There is always room where its bound does not hold: by option, or in a shutdown. */
  readonly store: RoomSource;
  /** Where a letter belongs, for whoever can wait until there is room. */
  placeFor(address: LetterAddress): RoomSource;
  /** Puts a letter there, beyond the bound where the caller could not wait. Never fails. */
  deliver(letter: NewDeadLetter, place: RoomSource): void;
}

/** Where a test may make an actor fail or be killed: at every verb of the context, at every phase of a commit. */
export type Probe = (point: CrashPoint, actor: string) => void;

/** The verbs of the context, and after them the phases in which no user code runs. */
export type CrashPoint = ContextVerb | CommitPoint;

/** What user code can call on its context, and `begin`, the moment before it is called. */
export type ContextVerb =
  | 'begin'
  | 'peek'
  | 'take'
  | 'reject'
  | 'send'
  | 'cast'
  | 'reply'
  | 'call'
  | 'request'
  | 'close'
  | 'next'
  | 'pause'
  | 'commit'
  | 'tryNext'
  | 'running'
  | 'effect'
  | 'exit'
  | 'requestShutdown'
  | 'table.get'
  | 'table.has'
  | 'table.set'
  | 'table.delete'
  | 'table.clear'
  | 'table.size'
  | 'table.iterate'
  | 'timer.set'
  | 'timer.cancel'
  | 'timer.has'
  | 'watch'
  | 'unwatch'
  | 'publish'
  | 'subscribe'
  | 'unsubscribe'
  | 'link'
  | 'unlink'
  | 'join'
  | 'leave'
  | 'spawn'
  | 'stopChild'
  | 'children';

/**
 * Phases of a commit, of the burial of a message, of a restart; the moment after a timer has fired, and those before hooks are
 * called.
 */
export type CommitPoint =
  | 'commit:decided'
  | 'commit:waitForRoom'
  | 'commit:roomFound'
  | 'commit:beforeState'
  | 'commit:afterState'
  | 'commit:betweenPublications'
  | 'commit:published'
  | 'deadLetter:waitForRoom'
  | 'deadLetter:append'
  | 'timer.fire'
  | 'restart'
  | 'hook:start'
  | 'hook:stop'
  | 'hook:childEvent';

/** What the actors of one graph share. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  readonly runQueue: RunQueue;
  readonly timers: TimerQueue;
  readonly log: Log;
  readonly letters: DeadLetterSink;
  readonly calls: Calls;
  /** Freezes messages when they are staged; null where that is off. */
  readonly freezer: MessageFreezer | null;
  /** Milliseconds above which a synchronous turn is reported. */
  readonly slowTurnMs: number;
  /** Tells apart the runs of one graph, in message ids. */
  readonly runId: string;
  readonly probe: Probe | null;
  /** Writes down turns that fail; null where that is off. */
  readonly recorder: FailureRecorder | null;
  /** What a test decides; null in production. */
  readonly rehearsal: WorkRehearsal | null;
  /** Follows whose code is running; null where that is off. */
  readonly tracking: CodeTracking | null;
  /** Errors that nothing caught are this graph's business, as far as they are its own. */
  readonly handlesStrays: boolean;
  /** Whose turn is running synchronously at this moment. */
  current: string | null;
  /** A stop was requested: sources end, restarts have no delay. */
  readonly stopping: boolean;
  /** The time to drain is over: whatever ends now does not come back. */
  readonly mustEnd: boolean;
  /** What the graph, degraded, asks of its actors and feeds; null while it asks nothing. */
  readonly brakes: Brakes | null;
  /** Who watches whom. */
  readonly watches: Watches;
  /** Who ends with whom. */
  readonly links: Links;
  /** Which actors are in which groups. */
  readonly groups: Groups;
  /** Who has subscribed to whose output ports. */
  readonly publishers: Publishers;
  /** The actor in whose open turn this code runs, as far as that can be told. */
  turnOwner(): string | null;
  /** Calls code of a user's that belongs to no actor, between two slices. What it throws is logged. */
  callSoon(code: () => unknown): void;
  /** The next place in the lines of those who wait for room. */
  takeTicket(): number;
  emit(event: GraphEvent): void;
  /** An actor asks for it, by a turn that has committed. */
  requestShutdown(reason: string, actor: string): void;
  /** An actor has ended, and does not come back by itself. */
  ended(actor: string, exit: Exit): void;
  /** An actor that had ended begins again. */
  began(actor: string): void;
}
