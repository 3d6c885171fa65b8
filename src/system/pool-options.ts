import { ACTOR_DEFAULTS, type BackoffOptions, type RestartType, type ShutdownSpec } from '../actor/settings.ts';
import { checkChoice, checkInteger, checkKnownKeys, checkObject, invalidOption } from '../base/options.ts';
import type { PartitionKey } from '../channel/partition.ts';
import { SUPERVISOR_DEFAULTS } from './supervisor-options.ts';

/** One worker of a pool at one moment. */
export interface PoolWorker {
  /** Its full name: that of the pool, a slash, and its number, from 0. */
  readonly name: string;
  /** Messages in its mailbox, the one in hand included. */
  readonly waiting: number;
  /** The pool has become smaller: it works off what it has, and gets no more. */
  readonly isLeaving: boolean;
}

/**
 * Which worker gets a message.
 *
 * - `roundRobin`: the next one in turn that has room.
 * - `leastLoaded`: of those that have room, the one with the fewest messages, waiting and in hand; of several, the first.
 * - `byKey`: equal keys have the same worker, and are handled in order.
 * - `custom`: the one whose number, from 0, the function answers. It sees the workers of the moment.
 *
 * Functions are called in turns of the pool, perhaps more than once for a message. A message for which one throws, or answers
 * what is none, is a dead letter.
 */
export type PoolRouting<M> =
  | 'roundRobin'
  | 'leastLoaded'
  | { readonly byKey: (message: M) => PartitionKey }
  | { readonly custom: (message: M, workers: readonly PoolWorker[]) => number };

/** Options of a pool. */
export interface PoolOptions<M> {
  /** How many workers it begins with: an integer of 1 or more. No default. */
  readonly size: number;
  /** Which worker gets a message. Default `"roundRobin"`. */
  readonly routing?: PoolRouting<M>;
  /** Messages that wait in the pool until a worker has room for them. Default 1,024. */
  readonly capacity?: number;
  /** Restarts of all its workers together allowed within `periodMs`; one more and the pool fails. Default 5. */
  readonly maxRestarts?: number;
  /** Length of the sliding window for `maxRestarts`, in milliseconds. Default 10,000. */
  readonly periodMs?: number;
  /** What its workers start from when the pool is restarted: what they are made with, or what they had. Default `"preserve"`. */
  readonly onEscalation?: 'fresh' | 'preserve';
  /** Whether the pool itself comes back. Default `"permanent"`. */
  readonly restart?: RestartType;
  /** How long the pool has to stop, its workers included: milliseconds, `"brutal"` or `"infinity"`. Default `"infinity"`. */
  readonly shutdown?: ShutdownSpec;
  /** Delay before the pool is restarted. Default: none. */
  readonly backoff?: BackoffOptions;
}

/** How a pool chooses, checked. */
export type Routing =
  | { readonly kind: 'roundRobin' }
  | { readonly kind: 'leastLoaded' }
  | { readonly kind: 'byKey'; readonly byKey: (message: unknown) => unknown }
  | { readonly kind: 'custom'; readonly custom: (message: unknown, workers: readonly PoolWorker[]) => unknown };

export interface PoolSettings {
  readonly name: string;
  readonly size: number;
  readonly capacity: number;
  readonly routing: Routing;
  /** How it keeps its workers. */
  readonly supervises: {
    readonly maxRestarts: number;
    readonly periodMs: number;
    readonly onEscalation: 'fresh' | 'preserve';
  };
  /** What it is to its own supervisor. */
  readonly placement: {
    readonly restart?: RestartType;
    readonly shutdown: ShutdownSpec;
    readonly backoff?: BackoffOptions;
  };
}

/** The defaults, each with its reason. */
export const POOL_DEFAULTS: Required<Omit<PoolOptions<never>, 'size' | 'backoff'>> = Object.freeze({
  routing: 'roundRobin', // needs to know nothing of the messages, and is fair to workers that are equally fast
  capacity: 1_024, // a burst; room is taken as it is needed
  maxRestarts: SUPERVISOR_DEFAULTS.maxRestarts, // as for any supervisor
  periodMs: SUPERVISOR_DEFAULTS.periodMs,
  onEscalation: 'preserve', // the pool has a bug or was killed: its workers are not to blame
  restart: ACTOR_DEFAULTS.restart,
  shutdown: 'infinity', // its workers take as long as they may take
});

const KEYS = [
  'size',
  'routing',
  'capacity',
  'maxRestarts',
  'periodMs',
  'onEscalation',
  'restart',
  'shutdown',
  'backoff',
] as const;

/** Checks the options of a pool and completes them. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function poolSettings<M>(name: string, options: PoolOptions<M>): PoolSettings {
  const what = `pool "${name}"`;
  checkObject(`options of ${what}`, options);
  checkKnownKeys(what, options, KEYS);
  const size = checkPoolSize(`size of ${what}`, options.size);
  const capacity = checkInteger(`capacity of ${what}`, options.capacity ?? POOL_DEFAULTS.capacity, 1);
  const { maxRestarts, periodMs, shutdown, onEscalation } = { ...POOL_DEFAULTS, ...options };
  checkChoice('onEscalation', onEscalation, ['fresh', 'preserve']);
  const routing = routingOf(`routing of ${what}`, options.routing ?? 'roundRobin');
  const { restart, backoff } = options;
  const placement = { shutdown, ...(restart && { restart }), ...(backoff && { backoff }) } as const;
  // The rest is checked where it is used: the limits by the supervisor in it, the placement by its own.
  const supervises = { maxRestarts, periodMs, onEscalation } as PoolSettings['supervises'];
  return Object.freeze({
    name,
    size,
    capacity,
    routing,
    supervises,
    placement,
  });
}

export function checkPoolSize(option: string, size: unknown): number {
  return checkInteger(option, size, 1);
}

function routingOf(option: string, routing: unknown): Routing {
  if (routing === 'roundRobin' || routing === 'leastLoaded') return { kind: routing };
  const rule = '"roundRobin", "leastLoaded", { byKey } or { custom }, with a function';
  if (typeof routing !== 'object' || routing === null) throw invalidOption(option, rule, routing);
  checkKnownKeys(option, routing, ['byKey', 'custom']);
  const { byKey, custom } = routing as { readonly byKey?: unknown; readonly custom?: unknown };
  if (typeof byKey === 'function' && custom === undefined) {
    return { kind: 'byKey', byKey: byKey as (message: unknown) => unknown };
  }
  if (typeof custom === 'function' && byKey === undefined) {
    return { kind: 'custom', custom: custom as (message: unknown, workers: readonly PoolWorker[]) => unknown };
  }
  throw invalidOption(option, rule, routing);
}
