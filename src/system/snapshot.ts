import type { Actor } from '../actor/actor.ts';
import type { Phase } from '../actor/phase.ts';
import type { Exit } from '../actor/events.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Channel } from './channel.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';

/** One actor at one moment, as plain data. Times are in milliseconds. */
export interface ActorSnapshot {
  readonly name: string;
  /** `asleep`: has had nothing to do yet. */
  readonly phase: Phase | 'asleep';
  /** How it ended; `undefined` while it lives. */
  readonly exit: Exit['kind'] | undefined;
  readonly regeneration: number;
  /** Committed turns. */
  readonly turns: number;
  readonly failures: number;
  readonly restarts: number;
  /** Time in which its code, or the microtasks it caused, held the event loop. */
  readonly busyMs: number;
  /** Times from a failure to the next committed turn. */
  readonly recovery: {
    readonly count: number;
    readonly lastMs: number;
    readonly maxMs: number;
    readonly totalMs: number;
  };
  /** A copy of the state as last committed. */
  readonly state: object;
}

/** One channel at one moment. `sent = taken + deadLettered + inFlight`, always. */
export interface ChannelSnapshot {
  readonly name: string;
  readonly capacity: number;
  readonly producers: readonly string[];
  readonly consumer: string | undefined;
  readonly closed: boolean;
  readonly sent: number;
  readonly taken: number;
  readonly deadLettered: number;
  readonly inFlight: number;
  /** The most messages that were in it at once. */
  readonly highestFill: number;
  /** Commits and outside sends that wait for room. */
  readonly waitingForRoom: number;
}

export interface GraphSnapshot {
  readonly name: string;
  readonly status: GraphStatus;
  readonly actors: readonly ActorSnapshot[];
  readonly channels: readonly ChannelSnapshot[];
  readonly deadLetters: {
    readonly kept: number;
    readonly total: number;
    readonly evicted: number;
    readonly capacity: number;
  };
}

/** `draining`: a stop was requested, and what is under way is finished. */
export type GraphStatus = 'building' | 'running' | 'draining' | 'stopped';

export function snapshotOf(
  name: string,
  status: GraphStatus,
  parts: {
    readonly cells: Iterable<ActorCell>;
    readonly channels: Iterable<Channel<unknown>>;
    readonly letters: DeadLetterStore;
  },
): GraphSnapshot {
  const { letters } = parts;
  return {
    name,
    status,
    actors: Array.from(parts.cells, actorSnapshot),
    channels: Array.from(parts.channels, channelSnapshot),
    deadLetters: {
      kept: letters.ring.size,
      total: letters.total,
      evicted: letters.evicted,
      capacity: letters.ring.capacity,
    },
  };
}

function actorSnapshot(cell: ActorCell): ActorSnapshot {
  const actor: Actor | undefined = cell.actor;
  const counters = actor?.counters;
  return {
    name: cell.name,
    phase: cell.ended ? 'ended' : (actor?.phase ?? 'asleep'),
    exit: cell.exit?.kind,
    regeneration: actor?.regeneration ?? 0,
    turns: counters?.turns ?? 0,
    failures: counters?.failures ?? 0,
    restarts: counters?.restarts ?? 0,
    busyMs: counters?.busyMs ?? 0,
    recovery: {
      count: counters?.recoveries ?? 0,
      lastMs: counters?.recoveryLastMs ?? 0,
      maxMs: counters?.recoveryMaxMs ?? 0,
      totalMs: counters?.recoveryTotalMs ?? 0,
    },
    state: actor?.state.snapshot() ?? {},
  };
}

function channelSnapshot(channel: Channel<unknown>): ChannelSnapshot {
  const ring = channel.usedRing;
  return {
    name: channel.name,
    capacity: channel.capacity,
    producers: [...channel.producers],
    consumer: channel.consumerName,
    closed: channel.isClosed,
    sent: ring?.sent ?? 0,
    taken: ring?.taken ?? 0,
    deadLettered: ring?.deadLettered ?? 0,
    inFlight: ring?.size ?? 0,
    highestFill: ring?.highestFill ?? 0,
    waitingForRoom: ring?.lineLength ?? 0,
  };
}
