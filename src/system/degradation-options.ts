import { checkInteger, checkKnownKeys, checkName, checkNumber, checkObject, invalidOption } from '../base/options.ts';

/** What makes a graph go down to a level. Any one of them is enough; a level has at least one. */
export interface DegradationTriggers {
  /** Part of the heap's limit that is in use, garbage that is not collected yet included: above 0, up to 1. */
  readonly heapUsedRatio?: number;
  /** So many restarts of the graph's actors within a sliding window; roll backs by hand do not count. */
  readonly restarts?: {
    /** An integer of 1 or more. */
    readonly count: number;
    /** Length of the window, in milliseconds. */
    readonly periodMs: number;
  };
  /** How long the oldest message of any channel has been in it, in milliseconds. Precise to `checkEveryMs`, or an eighth. */
  readonly backlogAgeMs?: number;
  /** Part of the room for dead letters that is used: above 0, up to 1. */
  readonly deadLettersRatio?: number;
  /**
   * Your own, by name: each is asked at every check and fires while it answers true. It must be quick. One that throws, or
   * answers anything but true or false, is logged and does not fire.
   */
  readonly custom?: Readonly<Record<string, () => boolean>>;
}

/** A level of degradation. A deeper one replaces those above it: what it does not say is not done. */
export interface DegradationLevel {
  /** In events, logs and snapshots. */
  readonly name: string;
  /** What leads here. */
  readonly when: DegradationTriggers;
  /** Actors with the option `optional` begin no turns. Default false. */
  readonly pauseOptional?: boolean;
  /** Least time between two turns of an actor without inputs, and between two items of a feed, in milliseconds. Default 0. */
  readonly sourceDelayMs?: number;
  /** The part of its capacity that each channel takes: above 0, up to 1. Default 1. */
  readonly capacityFactor?: number;
}

/** How a graph does less when it is in trouble, step by step, and comes back. */
export interface DegradationOptions {
  /** From the first to the deepest. */
  readonly levels: readonly DegradationLevel[];
  /** Time between two looks at the triggers, in milliseconds. Default 1,000. */
  readonly checkEveryMs?: number;
  /** When to go up a level. */
  readonly recover?: {
    /** Part of its threshold below which a trigger is calm: above 0, up to 1. Default 0.8. */
    readonly below?: number;
    /** How long all triggers of the present level must have been calm, in milliseconds. Default 10,000. */
    readonly afterMs?: number;
  };
}

export interface LevelSettings {
  readonly name: string;
  readonly when: DegradationTriggers;
  readonly pauseOptional: boolean;
  readonly sourceDelayMs: number;
  readonly capacityFactor: number;
}

export interface DegradationSettings {
  readonly levels: readonly LevelSettings[];
  readonly checkEveryMs: number;
  readonly recover: { readonly below: number; readonly afterMs: number };
}

/** The name of level 0. */
export const NORMAL = 'normal';

/** The defaults, each with its reason. */
export const DEGRADATION_DEFAULTS: Readonly<
  Pick<DegradationSettings, 'checkEveryMs' | 'recover'> & Omit<LevelSettings, 'name' | 'when'>
> = Object.freeze({
  checkEveryMs: 1_000, // soon enough for memory and backlogs, and too seldom to cost anything
  // Well below the threshold, and for longer than one collection of garbage or one burst lasts.
  recover: Object.freeze({ below: 0.8, afterMs: 10_000 }),
  pauseOptional: false,
  sourceDelayMs: 0,
  capacityFactor: 1,
});

const TRIGGERS = ['heapUsedRatio', 'restarts', 'backlogAgeMs', 'deadLettersRatio'] as const;

/** Checks the options of degradation and completes them. */
export function degradationSettings(options: DegradationOptions): DegradationSettings {
  checkKnownKeys('degradation', options, ['levels', 'checkEveryMs', 'recover']);
  const { levels, checkEveryMs = DEGRADATION_DEFAULTS.checkEveryMs, recover = {} } = options;
  if (!Array.isArray(levels) || levels.length === 0) {
    throw invalidOption('degradation.levels', 'a list of one level or more', levels);
  }
  checkNumber('degradation.checkEveryMs', checkEveryMs, 1);
  checkKnownKeys('degradation.recover', recover, ['below', 'afterMs']);
  const { below = DEGRADATION_DEFAULTS.recover.below, afterMs = DEGRADATION_DEFAULTS.recover.afterMs } = recover;
  checkRatio('degradation.recover.below', below);
  checkNumber('degradation.recover.afterMs', afterMs, 0);
  const names = new Set([NORMAL]);
  const checked = levels.map((level: DegradationLevel) => {
    const settings = levelSettings(level);
    if (names.has(settings.name)) throw invalidOption('degradation: name of a level', 'one of its own', settings.name);
    names.add(settings.name);
    return settings;
  });
  return Object.freeze({
    levels: Object.freeze(checked),
    checkEveryMs,
    recover: Object.freeze({ below, afterMs }),
  });
}

function levelSettings(level: DegradationLevel): LevelSettings {
  checkObject('degradation: level', level);
  const what = `degradation level "${checkName('degradation: name of a level', level.name)}"`;
  checkKnownKeys(what, level, ['name', 'when', 'pauseOptional', 'sourceDelayMs', 'capacityFactor']);
  const {
    pauseOptional = DEGRADATION_DEFAULTS.pauseOptional,
    sourceDelayMs = DEGRADATION_DEFAULTS.sourceDelayMs,
    capacityFactor = DEGRADATION_DEFAULTS.capacityFactor,
  } = level;
  if (typeof pauseOptional !== 'boolean') throw invalidOption(`${what}: pauseOptional`, 'true or false', pauseOptional);
  checkNumber(`${what}: sourceDelayMs`, sourceDelayMs, 0);
  checkRatio(`${what}: capacityFactor`, capacityFactor);
  const when = triggers(what, level.when);
  return Object.freeze({ name: level.name, when, pauseOptional, sourceDelayMs, capacityFactor });
}

function triggers(what: string, when: DegradationTriggers | undefined): DegradationTriggers {
  if (typeof when !== 'object' || when === null) throw invalidOption(`${what}: when`, 'an object of triggers', when);
  checkKnownKeys(`${what}: when`, when, [...TRIGGERS, 'custom']);
  const { heapUsedRatio, restarts, backlogAgeMs, deadLettersRatio, custom = {} } = when;
  if (heapUsedRatio !== undefined) checkRatio(`${what}: heapUsedRatio`, heapUsedRatio);
  if (deadLettersRatio !== undefined) checkRatio(`${what}: deadLettersRatio`, deadLettersRatio);
  if (backlogAgeMs !== undefined) checkNumber(`${what}: backlogAgeMs`, backlogAgeMs, 1);
  if (restarts !== undefined) {
    checkKnownKeys(`${what}: restarts`, restarts, ['count', 'periodMs']);
    checkInteger(`${what}: restarts.count`, restarts.count, 1);
    checkNumber(`${what}: restarts.periodMs`, restarts.periodMs, 1);
  }
  checkObject(`${what}: custom`, custom);
  for (const [name, fires] of Object.entries(custom)) {
    checkName(`${what}: name of a custom trigger`, name);
    // In an event the two could not be told apart.
    if (TRIGGERS.some((known) => known === name)) {
      throw invalidOption(`${what}: name of a custom trigger`, 'none of the built-in ones', name);
    }
    if (typeof fires !== 'function') throw invalidOption(`${what}: custom trigger "${name}"`, 'a function', fires);
  }
  const given = TRIGGERS.filter((trigger) => when[trigger] !== undefined).length + Object.keys(custom).length;
  if (given === 0) throw invalidOption(`${what}: when`, 'an object of one trigger or more', when);
  return Object.freeze({ ...when, custom: Object.freeze({ ...custom }) });
}

/** Above 0, up to 1. */
function checkRatio(option: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && value <= 1)) {
    throw invalidOption(option, 'a number above 0, and 1 at the most', value);
  }
}
