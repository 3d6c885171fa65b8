import { ACTOR_DEFAULTS, type ActorOptions, type ActorSettings, actorSettings } from '../actor/settings.ts';
import { checkChoice, checkInteger, checkKnownKeys, checkName, checkNumber, invalidOption } from '../base/options.ts';
import type { Log } from '../ports/log.ts';
import { checksByDefault, createNodeLog, LOG_LEVELS, type LogLevel } from '../ports/node/node-log.ts';
import { nodePorts } from '../ports/node/node-ports.ts';
import type { Ports } from '../ports/ports.ts';
import { type CapsuleOptions, type CapsuleSettings, capsuleSettings } from './capsule-options.ts';
import { type DegradationOptions, type DegradationSettings, degradationSettings } from './degradation-options.ts';
import type { Rehearsal } from './rehearsal.ts';
import type { BarrierParties } from './shutdown-barrier.ts';

/** All that a graph takes from the world, and what a test puts in its place. */
export interface GraphPorts extends Ports {
  /** @internal Absent in production. */
  readonly rehearsal?: Rehearsal;
}

/** Options of a graph. */
export interface GraphOptions {
  /** What the graph is called in log lines and errors. No default. */
  readonly name: string;
  /** Defaults for the options of this graph's actors. */
  readonly actorDefaults?: ActorOptions;
  /** Freeze messages when they are sent, so that nobody changes them later. Default: unless `NODE_ENV` is `production`. */
  readonly checks?: boolean;
  /** How long a drain may take, in milliseconds, before what still runs is named and stopped. Default 20,000. */
  readonly shutdownTimeoutMs?: number;
  /**
   * How long all of that may then take to stop, in milliseconds, each actor within its own `shutdown`, before it is killed.
   * 0: it is killed at once. Default 10,000.
   */
  readonly shutdownGraceMs?: number;
  /** A synchronous turn longer than this is reported, in milliseconds. Default 50. */
  readonly slowTurnMs?: number;
  /**
   * How many different parties must ask before a shutdown begins, or the names of those who must: actors, by
   * `ctx.requestShutdown`, and code outside, by `graph.requestShutdown(reason, { party })`. Signals, and
   * `graph.requestShutdown()` without a party, do not wait for it. Default 1: the first who asks stops the graph.
   */
  readonly shutdownBarrier?: BarrierParties;
  /**
   * Follow whose code is running into promises, timers and callbacks: under `graph.run()` an error that nothing caught is
   * then a failure of the actor that set it off, and calls for code outside are refused in the whole of a turn. Default:
   * where the runtime follows for next to nothing, which Node 24 does and Node 20 and 22 do not.
   */
  readonly trackStray?: boolean;
  /**
   * Report from a thread of its own, while it lasts, that the event loop stands still for longer than `stuckAfterMs`, and
   * in whom. Default: false; 1,000 ms.
   */
  readonly watchdog?: boolean | { readonly stuckAfterMs?: number };
  /** How the graph does less when memory, restarts or backlogs get out of hand. Default: it does not. */
  readonly degradation?: DegradationOptions;
  /** The store of dead letters. */
  readonly deadLetters?: {
    /** Greatest number kept. Default 10,000. */
    readonly capacity?: number;
    /** When it is full: let the actor that has one more wait (`block`, the default), or let the oldest go (`evict`). */
    readonly whenFull?: 'block' | 'evict';
  };
  /** Write each failed turn down, so that it can be looked into and run again elsewhere. Default: it is not. */
  readonly capsules?: CapsuleOptions;
  /** A logger to use; any pino logger will do. Default: pino on standard error, pretty on a terminal. */
  readonly log?: Log;
  /** Level of the default logger. Default: the environment variable `LOG_LEVEL`, else `info`. */
  readonly logLevel?: LogLevel;
  /** Time, scheduling, randomness and the process. Default: the real ones; `holdfast/testing` has others. */
  readonly ports?: Partial<GraphPorts>;
}

export interface GraphSettings {
  readonly name: string;
  readonly actorDefaults: ActorSettings;
  readonly checks: boolean;
  readonly shutdownTimeoutMs: number;
  readonly shutdownGraceMs: number;
  readonly slowTurnMs: number;
  readonly shutdownBarrier: BarrierParties;
  readonly trackStray: boolean;
  /** What the watchdog is told; null: there is none. */
  readonly watchdog: { readonly stuckAfterMs: number; readonly logLevel: LogLevel | undefined } | null;
  readonly degradation: DegradationSettings | undefined;
  readonly deadLetterCapacity: number;
  readonly deadLettersWhenFull: 'block' | 'evict';
  readonly capsules: CapsuleSettings | null;
  readonly log: Log;
  readonly ports: GraphPorts;
}

/** The defaults, each with its reason. */
export const GRAPH_DEFAULTS: Readonly<
  Record<
    'shutdownTimeoutMs' | 'shutdownGraceMs' | 'slowTurnMs' | 'shutdownBarrier' | 'stuckAfterMs' | 'deadLetterCapacity',
    number
  >
> = Object.freeze({
  // Together the 30 s that orchestrators give a process between SIGTERM and SIGKILL.
  shutdownTimeoutMs: 20_000,
  shutdownGraceMs: 10_000, // one that is stuck takes 5 s by default, and the others are to have some left
  slowTurnMs: 50, // three missed frames, or 50 requests at 1,000 a second that waited for nothing
  shutdownBarrier: 1, // whoever says that the work is done knows
  stuckAfterMs: 1_000, // no honest turn holds up everybody for so long, and it is early enough to look
  deadLetterCapacity: 10_000, // some megabytes; enough to look into a bad day
});

/** Checks a graph's options and completes them. */
export function graphSettings(options: GraphOptions): GraphSettings {
  checkKnownKeys('Graph', options, [
    'name',
    'actorDefaults',
    'checks',
    'shutdownTimeoutMs',
    'shutdownGraceMs',
    'slowTurnMs',
    'shutdownBarrier',
    'trackStray',
    'watchdog',
    'degradation',
    'deadLetters',
    'capsules',
    'log',
    'logLevel',
    'ports',
  ]);
  const letters = options.deadLetters ?? {};
  checkKnownKeys('deadLetters', letters, ['capacity', 'whenFull']);
  checkKnownKeys('ports', options.ports ?? {}, [
    'clock',
    'scheduler',
    'random',
    'host',
    'asyncContext',
    'watchdog',
    'capsuleFiles',
    'rehearsal',
  ]);
  if (options.logLevel !== undefined) checkChoice('logLevel', options.logLevel, LOG_LEVELS);
  if (options.checks !== undefined && typeof options.checks !== 'boolean') {
    throw invalidOption('checks', 'true or false', options.checks);
  }
  if (options.trackStray !== undefined && typeof options.trackStray !== 'boolean') {
    throw invalidOption('trackStray', 'true or false', options.trackStray);
  }
  const ports = Object.freeze({ ...nodePorts(), ...options.ports });
  return Object.freeze({
    name: checkName('name', options.name),
    actorDefaults: actorSettings('actorDefaults', options.actorDefaults ?? {}, ACTOR_DEFAULTS),
    checks: options.checks ?? checksByDefault(),
    shutdownTimeoutMs: checkNumber(
      'shutdownTimeoutMs',
      options.shutdownTimeoutMs ?? GRAPH_DEFAULTS.shutdownTimeoutMs,
      0,
      true,
    ),
    shutdownGraceMs: checkNumber('shutdownGraceMs', options.shutdownGraceMs ?? GRAPH_DEFAULTS.shutdownGraceMs, 0, true),
    slowTurnMs: checkNumber('slowTurnMs', options.slowTurnMs ?? GRAPH_DEFAULTS.slowTurnMs, 1, true),
    shutdownBarrier: barrierParties(options.shutdownBarrier ?? GRAPH_DEFAULTS.shutdownBarrier),
    degradation: options.degradation === undefined ? undefined : degradationSettings(options.degradation),
    deadLetterCapacity: checkInteger('deadLetters.capacity', letters.capacity ?? GRAPH_DEFAULTS.deadLetterCapacity, 1),
    deadLettersWhenFull: checkChoice('deadLetters.whenFull', letters.whenFull ?? 'block', ['block', 'evict']),
    capsules: options.capsules === undefined ? null : capsuleSettings(options.capsules),
    log: options.log ?? createNodeLog(options.logLevel),
    trackStray: options.trackStray ?? ports.asyncContext.isCheap,
    watchdog: watchdogSettings(options),
    ports,
  });
}

/** A number of parties, or their names. */
function barrierParties(value: unknown): BarrierParties {
  if (!Array.isArray(value)) return checkInteger('shutdownBarrier', value, 1);
  const names = value.map((name: unknown) => checkName('shutdownBarrier: name', name));
  const different = new Set(names).size === names.length;
  if (names.length > 0 && different) return Object.freeze(names);
  throw invalidOption('shutdownBarrier', 'a number of parties, or their names, each of them once', value);
}

function watchdogSettings({ watchdog = false, logLevel }: GraphOptions): GraphSettings['watchdog'] {
  if (typeof watchdog !== 'boolean' && (typeof watchdog !== 'object' || (watchdog as unknown) === null)) {
    throw invalidOption('watchdog', 'true, false or an object', watchdog);
  }
  if (watchdog === false) return null;
  const options = watchdog === true ? {} : watchdog;
  checkKnownKeys('watchdog', options, ['stuckAfterMs']);
  // Below that the machine's own hiccups would be reported.
  const stuckAfterMs = checkNumber('watchdog.stuckAfterMs', options.stuckAfterMs ?? GRAPH_DEFAULTS.stuckAfterMs, 100);
  return { stuckAfterMs, logLevel };
}
