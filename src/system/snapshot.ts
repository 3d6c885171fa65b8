import type { ActorState } from '../actor/actor-state.ts';
import type { TimerSnapshot } from '../actor/actor-timer.ts';
import type { Subscriber } from '../actor/output-port.ts';
import type { Phase } from '../actor/phase.ts';
import type { Publishers } from '../actor/publishers.ts';
import type { DeadLetterReason } from '../actor/dead-letter.ts';
import type { Exit } from '../actor/events.ts';
import type { TableKey } from '../actor/table.ts';
import type { BreakerState } from '../supervision/breaker.ts';
import { checkKnownKeys, invalidOption } from '../base/options.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Channel } from './channel.ts';
import type { DegradationStatus } from './degradation.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { BarrierSnapshot, ShutdownBarrier } from './shutdown-barrier.ts';

/** One actor at one moment, as plain data. Times are in milliseconds. */
export interface ActorSnapshot {
  /** As placed by `graph.actor`. */
  readonly name: string;
  /** `asleep`: has had nothing to do yet. `held`: no turn of it may begin, because the graph is degraded. */
  readonly phase: Phase | 'asleep' | 'held';
  /** How it ended; `undefined` while it lives. */
  readonly exit: Exit['kind'] | undefined;
  /** Of the present incarnation: 0 for the first. */
  readonly regeneration: number;
  /** Committed turns. */
  readonly turns: number;
  /** Turns that failed, and kills. */
  readonly failures: number;
  /** Incarnations that began after the first one. */
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
  /** A copy of the state as last committed; `undefined` where it has not been made: the actor has had nothing to do. */
  readonly state: object | undefined;
  /** Copies of the entries of each table as last committed, in their order; `undefined` where they have not been made. */
  readonly tables: Readonly<Record<string, readonly (readonly [TableKey, unknown])[]>> | undefined;
  /** How many entries each table has. */
  readonly tableSizes: Readonly<Record<string, number>>;
  /** Its circuit breaker; `undefined` where it has none. */
  readonly breaker: BreakerState | undefined;
  /** Its fallback stands in for it: state and tables are those of the fallback. */
  readonly isFallback: boolean;
  /** Those that are set, in the order in which they were. */
  readonly timers: readonly TimerSnapshot[];
  /** The subscribers of each of its output ports, in order. */
  readonly ports: Readonly<Record<string, readonly Subscriber[]>>;
}

/** Options of `graph.snapshot`. */
export interface SnapshotOptions {
  /** Copy the entries of tables. Default true; a million take some 0.2 s. With false `tables` has none. */
  readonly tables?: boolean;
}

/** One channel at one moment. `sent = taken + deadLettered + inFlight`, always. */
export interface ChannelSnapshot {
  /** As given to `graph.channel`, or `actor.port` for a channel that is an actor's own. */
  readonly name: string;
  /** The most messages that it holds. */
  readonly capacity: number;
  /** How many messages it takes at the moment: the capacity, unless the graph is degraded. */
  readonly limit: number;
  /** Names of the actors and feeds that are wired to write here. */
  readonly producers: readonly string[];
  /** Name of the actor or sink that reads here; `undefined` while nobody does. */
  readonly consumer: string | undefined;
  /** All its ends are closed: nothing more comes. */
  readonly closed: boolean;
  /** Messages that ever got in, or became dead letters in its name. */
  readonly sent: number;
  /** Messages that have left it as they should. */
  readonly taken: number;
  /** Messages that became dead letters. */
  readonly deadLettered: number;
  /** Messages that are in it. */
  readonly inFlight: number;
  /** The most messages that were in it at once. */
  readonly highestFill: number;
  /** Commits and outside sends that wait for room. */
  readonly waitingForRoom: number;
}

/** A graph at one moment, as plain data. */
export interface GraphSnapshot {
  /** The graph's name. */
  readonly name: string;
  /** The graph's status. */
  readonly status: GraphStatus;
  /** In the order in which they were placed. */
  readonly actors: readonly ActorSnapshot[];
  /** In the order in which they were made; an own channel that nobody has used yet is not there. */
  readonly channels: readonly ChannelSnapshot[];
  /** How many dead letters there are, and what became of the others. */
  readonly deadLetters: DeadLettersSnapshot;
  /** Calls and requests: those that wait for a reply, and what became of the others. */
  readonly calls: CallsSnapshot;
  /** How degraded it is. */
  readonly degradation: DegradationStatus;
  /** Who has asked for a shutdown that begins only when all have; undefined without `shutdownBarrier`. */
  readonly shutdownBarrier: BarrierSnapshot | undefined;
}

/** The dead letters at one moment. `total = kept + routed + evicted + discarded + replayed`, always. */
export interface DeadLettersSnapshot {
  /** How many are kept now. */
  readonly kept: number;
  /** How many of those that are kept there are for each reason. */
  readonly byReason: Readonly<Record<DeadLetterReason, number>>;
  /** How many there have ever been. */
  readonly total: number;
  /** How many went into channels, by `deadLetters.route`, instead of being kept. */
  readonly routed: number;
  /** How many were let go to make room. */
  readonly evicted: number;
  /** How many were removed with `deadLetters.discard`. */
  readonly discarded: number;
  /** How many were sent again with `deadLetters.replay`. */
  readonly replayed: number;
  /** How many can be kept. */
  readonly capacity: number;
}

/** The calls and requests of a graph at one moment. */
export interface CallsSnapshot {
  /** How many wait for a reply. */
  readonly open: number;
  /** How many have had one. */
  readonly answered: number;
  /** How many have failed, or were given up. */
  readonly failed: number;
  /** Replies that came when nobody waited for them any more. */
  readonly late: number;
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
    readonly calls: CallsSnapshot;
    readonly publishers: Publishers;
    readonly barrier: ShutdownBarrier | undefined;
    readonly degradation: DegradationStatus;
  },
  options: SnapshotOptions,
): GraphSnapshot {
  checkKnownKeys('snapshot', options, ['tables']);
  const { tables: withTables = true } = options;
  if (typeof withTables !== 'boolean') throw invalidOption('tables', 'true or false', withTables);
  const { letters } = parts;
  return {
    name,
    status,
    actors: Array.from(parts.cells, (cell) => actorSnapshot(cell, parts.publishers, withTables)),
    channels: Array.from(parts.channels, channelSnapshot),
    deadLetters: {
      kept: letters.kept,
      byReason: letters.countByReason(),
      total: letters.total,
      routed: letters.routed,
      evicted: letters.evicted,
      discarded: letters.discarded,
      replayed: letters.replayed,
      capacity: letters.capacity,
    },
    calls: callsSnapshot(parts.calls),
    degradation: parts.degradation,
    shutdownBarrier: parts.barrier?.snapshot(),
  };
}

function callsSnapshot({ open, answered, failed, late }: CallsSnapshot): CallsSnapshot {
  return { open, answered, failed, late };
}

function actorSnapshot(cell: ActorCell, publishers: Publishers, withTables: boolean): ActorSnapshot {
  const { record } = cell;
  const counters = record?.counters;
  const recoveries = counters?.recoveries;
  return {
    name: cell.name,
    phase: cell.phase,
    exit: cell.exit?.kind,
    regeneration: record?.regeneration ?? cell.regeneration,
    turns: counters?.turns ?? 0,
    failures: counters?.failures ?? 0,
    restarts: counters?.restarts ?? 0,
    busyMs: counters?.busyMs ?? 0,
    recovery: {
      count: recoveries?.count ?? 0,
      lastMs: recoveries?.lastMs ?? 0,
      maxMs: recoveries?.maxMs ?? 0,
      totalMs: recoveries?.totalMs ?? 0,
    },
    ...stateSnapshot(record?.state, withTables),
    breaker: cell.breaker,
    isFallback: cell.isFallback,
    timers: record?.timers?.snapshot() ?? [],
    ports: portsSnapshot(cell, publishers),
  };
}

function portsSnapshot(cell: ActorCell, publishers: Publishers): ActorSnapshot['ports'] {
  const { ports } = cell.definition.behaviour;
  return Object.fromEntries(ports.map((port) => [port, publishers.find(cell, port)?.subscribers() ?? []]));
}

function stateSnapshot(
  state: ActorState | null | undefined,
  withTables: boolean,
): Pick<ActorSnapshot, 'state' | 'tables' | 'tableSizes'> {
  if (state === null) return { state: {}, tables: {}, tableSizes: {} };
  if (state?.isMade !== true) return { state: undefined, tables: undefined, tableSizes: {} };
  const { tables } = state;
  return {
    state: state.snapshot(),
    tables: (withTables ? tables?.snapshot() : undefined) ?? {},
    tableSizes: tables?.sizes() ?? {},
  };
}

function channelSnapshot(channel: Channel<unknown>): ChannelSnapshot {
  const ring = channel.usedRing;
  return {
    name: channel.name,
    capacity: channel.capacity,
    limit: ring?.limit ?? channel.capacity,
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
