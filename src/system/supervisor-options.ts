import { ACTOR_DEFAULTS, type BackoffOptions, backoffSettings, checkShutdown } from '../actor/settings.ts';
import type { ActorSettings, RestartType, ShutdownSpec } from '../actor/settings.ts';
import { checkSignificant, checkSupervision } from '../supervision/setting-checks.ts';
import { checkChoice, checkInteger, checkKnownKeys, invalidOption } from '../base/options.ts';
import type { ChildSpec } from '../supervision/child.ts';
import type { OnChildEvent } from './supervisor-policy.ts';
import type { SupervisionSettings } from '../supervision/supervision.ts';

/** What a supervisor is to its own supervisor. */
export interface SupervisorChildOptions {
  /** Whether it comes back. One that gave up has ended by itself, so a transient one does not. Default `"permanent"`. */
  readonly restart?: RestartType;
  /** How long it has to stop what is under it: milliseconds, `"brutal"` or `"infinity"`. Default `"infinity"`. */
  readonly shutdown?: ShutdownSpec;
  /** Its end may end the supervisor above it. Not for permanent ones. Default false. */
  readonly significant?: boolean;
  /** Delay before it is restarted. Default: none. */
  readonly backoff?: BackoffOptions;
}

/** What all kinds of supervisors have. */
export interface CommonSupervisorOptions extends SupervisorChildOptions {
  /** Restarts of all its children together allowed within `periodMs`; one more and it gives up. `Infinity`: no limit. Default 5. */
  readonly maxRestarts?: number;
  /** Length of the sliding window for `maxRestarts`, in milliseconds. Default 10,000. */
  readonly periodMs?: number;
}

/** Options of a supervisor. */
export interface SupervisorOptions extends CommonSupervisorOptions {
  /** Which children restart when one of them ends. Default `"oneForOne"`. */
  readonly strategy?: SupervisionSettings['strategy'];
  /** Whether it ends when any, or the last, of its significant children has ended by itself. Default `"never"`. */
  readonly autoShutdown?: SupervisionSettings['autoShutdown'];
  /** What its children start from when it is restarted itself: what they are made with, or what they had. Default `"fresh"`. */
  readonly onEscalation?: 'fresh' | 'preserve';
  /** After so many milliseconds without a restart all earlier ones are forgotten. Default: never. */
  readonly resetAfterMs?: number;
  /**
   * Is told of each start and each end of a child, and may decide what follows instead of the rules. What it throws fails the
   * supervisor. Default: none.
   */
  readonly onChildEvent?: OnChildEvent;
}

/** Options of a dynamic supervisor. */
export interface DynamicSupervisorOptions extends CommonSupervisorOptions {
  /** Greatest number of children: an integer of 1 or more. No default: the bound is the point. */
  readonly maxChildren: number;
}

export interface SupervisorSettings extends SupervisionSettings {
  readonly onEscalation: 'fresh' | 'preserve';
  readonly onChildEvent: OnChildEvent | undefined;
}

/** The defaults, each with its reason. */
export const SUPERVISOR_DEFAULTS: SupervisorSettings = Object.freeze({
  strategy: 'oneForOne', // what shares no fate needs no common restart
  isDynamic: false,
  // As for the actors of a graph: Erlang's 1 in 5 s is used up by the second time-out of a flaky peer.
  maxRestarts: 5,
  periodMs: 10_000,
  autoShutdown: 'never',
  onChildEvent: undefined,
  onEscalation: 'fresh', // so often restarted in vain, the children's states are under suspicion as well
});

/** Those of a supervisor as a child: Erlang's. */
export const SUPERVISOR_CHILD_DEFAULTS: ChildSpec = Object.freeze({
  restart: 'permanent',
  shutdown: 'infinity', // a subtree takes as long as its own children may take
  significant: false,
  backoff: ACTOR_DEFAULTS.backoff,
  maxRestarts: Infinity,
  periodMs: 10_000,
});

/**
 * The defaults of the children of a supervisor, from those around it. A limit for the children together is what it has. One
 * for each, besides, is for those that ask for it.
 */
export function childDefaults(around: ActorSettings): ActorSettings {
  return Object.freeze({ ...around, maxRestarts: Infinity });
}

const CHILD_KEYS = ['restart', 'shutdown', 'significant', 'backoff'] as const;
const COMMON_KEYS = [...CHILD_KEYS, 'maxRestarts', 'periodMs'] as const;
const STATIC_KEYS = [
  ...COMMON_KEYS,
  'strategy',
  'autoShutdown',
  'onEscalation',
  'resetAfterMs',
  'onChildEvent',
] as const;

/** Checks a supervisor's options and completes them. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function supervisorSettings(what: string, options: SupervisorOptions): SupervisorSettings {
  checkKnownKeys(what, options, STATIC_KEYS);
  const { strategy, autoShutdown, onEscalation, onChildEvent } = { ...SUPERVISOR_DEFAULTS, ...options };
  const { resetAfterMs = Infinity } = options;
  const own = { strategy, autoShutdown, onEscalation, onChildEvent, resetAfterMs };
  const settings = { ...SUPERVISOR_DEFAULTS, ...limitOf(options), ...own };
  checkSupervision(settings);
  checkChoice('onEscalation', onEscalation, ['fresh', 'preserve']);
  if (onChildEvent !== undefined && typeof onChildEvent !== 'function') {
    throw invalidOption('onChildEvent', 'a function', onChildEvent);
  }
  return Object.freeze(settings);
}

/** Checks a dynamic supervisor's options and completes them. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function dynamicSupervisorSettings(what: string, options: DynamicSupervisorOptions): SupervisorSettings {
  checkKnownKeys(what, options, [...COMMON_KEYS, 'maxChildren']);
  const maxChildren = checkInteger('maxChildren', options.maxChildren, 1);
  const settings = { ...SUPERVISOR_DEFAULTS, ...limitOf(options), isDynamic: true, maxChildren };
  checkSupervision(settings);
  return Object.freeze(settings);
}

function limitOf(options: CommonSupervisorOptions): Pick<SupervisorSettings, 'maxRestarts' | 'periodMs'> {
  const { maxRestarts = SUPERVISOR_DEFAULTS.maxRestarts, periodMs = SUPERVISOR_DEFAULTS.periodMs } = options;
  return { maxRestarts, periodMs };
}

/**
 * Checks what a supervisor is to its own supervisor, `parent`. At the root, where there is no limit for all children together, it
 * has one of its own, as the actors there have: `ofRoot`.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`.
 */
export function childSpecOf(
  options: SupervisorChildOptions,
  parent: SupervisorSettings,
  ofRoot: Pick<ChildSpec, 'maxRestarts' | 'periodMs'> | undefined,
): ChildSpec {
  const defaults = SUPERVISOR_CHILD_DEFAULTS;
  const { restart = defaults.restart, significant = defaults.significant } = options;
  checkChoice('restart', restart, ['permanent', 'transient', 'temporary']);
  const shutdown = checkShutdown('shutdown', options.shutdown ?? defaults.shutdown);
  if (typeof significant !== 'boolean') throw invalidOption('significant', 'true or false', significant);
  checkSignificant({ significant, restart }, parent);
  const backoff = backoffSettings('backoff', options.backoff ?? {}, defaults.backoff);
  const { maxRestarts, periodMs } = ofRoot ?? defaults;
  return Object.freeze({ restart, shutdown, significant, backoff, maxRestarts, periodMs });
}
