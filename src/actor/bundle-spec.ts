import { checkChoice, checkKnownKeys, checkObject, invalidOption } from '../base/options.ts';
import type { PartitionKey } from '../channel/partition.ts';
import {
  type BatchInputSpec,
  type InBatches,
  input,
  type InputOptions,
  type InputSpec,
  type OneAtATime,
} from './definition.ts';

/** Declares an input that is a bundle: several channels of messages of type `T`. Made by {@link inputBundle}. */
export interface InputBundleSpec<T, Lane extends InputSpec<T> = InputSpec<T>> {
  /** Tells it from an input of one channel. */
  readonly kind: 'inputBundle';
  /** What each lane is. */
  readonly lane: Lane;
  /** Only for the type checker: never there at run time. */
  readonly message?: (message: T) => T;
}

/** Declares an output that is a bundle: several channels of messages of type `T`. Made by {@link outputBundle}. */
export interface OutputBundleSpec<T> {
  /** Tells it from an output of one channel. */
  readonly kind: 'outputBundle';
  /** How `send` finds the lane of a message. */
  readonly route: Route;
  /** Only for the type checker: never there at run time. */
  readonly message?: (message: T) => T;
}

/** How `send` finds the lane of a message. */
export type Route =
  /** See {@link OutputBundleOptions}. */
  | { readonly kind: 'roundRobin' | 'emptiest' | 'everyLane' }
  /** The specification it belongs to knows what its messages are. */
  | { readonly kind: 'partition'; readonly by: (message: unknown) => unknown };

/** Options of an input bundle: those of an input, for each lane. Its channels are always wired. */
export type InputBundleOptions = Omit<InputOptions, 'capacity'>;

/** Options of an output bundle: how `send` finds the lane of a message. */
export type OutputBundleOptions<T> =
  /** By key. */
  | {
      /**
       * Messages with the same key go to the same lane, in order, while lanes are worked on side by side. Which one depends on
       * the key and the number of lanes alone: see {@link laneOf}.
       */
      readonly partitionBy: (message: T) => PartitionKey;
      readonly route?: undefined;
    }
  /** By turns, by room, or all of them. */
  | {
      /**
       * - `roundRobin`: one lane after the other.
       * - `emptiest`: the lane with the most room; of several, one after the other.
       * - `everyLane`: each lane gets each message.
       *
       * The first two pass over a lane that nobody reads any more, as long as there is another. Default `"roundRobin"`.
       */
      readonly route?: 'roundRobin' | 'emptiest' | 'everyLane';
      readonly partitionBy?: undefined;
    };

/** Declares an input that is a bundle: it is wired to an array of channels. With a `batch`, each lane has its own batches. */
export function inputBundle<T>(options: Omit<InBatches, 'capacity'>): InputBundleSpec<T, BatchInputSpec<T>>;
export function inputBundle<T>(options?: Omit<OneAtATime, 'capacity'>): InputBundleSpec<T>;
export function inputBundle<T>(options: InputBundleOptions = {}): InputBundleSpec<T> {
  checkObject('inputBundle', options);
  if ('capacity' in options) {
    throw invalidOption('inputBundle: capacity', 'left out, because a bundle is always wired', options.capacity);
  }
  return Object.freeze({ kind: 'inputBundle', lane: input<T>(options as OneAtATime) }); // either will do
}

/** Declares an output that is a bundle: it is wired to an array of channels. */
export function outputBundle<T>(options: OutputBundleOptions<T> = {}): OutputBundleSpec<T> {
  checkKnownKeys('outputBundle', options, ['partitionBy', 'route']);
  return Object.freeze({ kind: 'outputBundle', route: Object.freeze(routeOf(options)) });
}

function routeOf<T>({ partitionBy, route }: OutputBundleOptions<T>): Route {
  if (partitionBy === undefined) {
    return { kind: checkChoice('outputBundle: route', route ?? 'roundRobin', ['roundRobin', 'emptiest', 'everyLane']) };
  }
  if (typeof partitionBy !== 'function') throw invalidOption('outputBundle: partitionBy', 'a function', partitionBy);
  if (route !== undefined) throw invalidOption('outputBundle: route', 'left out beside partitionBy', route);
  return { kind: 'partition', by: partitionBy as (message: unknown) => unknown };
}
