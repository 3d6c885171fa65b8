import type { ShowstopperRule } from './showstopper-rule.ts';
import { checkChoice, checkInteger, checkKnownKeys, checkNumber, invalidOption } from '../base/options.ts';

/** Whether an actor comes back: always, after a failure or a kill only, or never. As in Erlang/OTP. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/** How long an incarnation has to stop: milliseconds, not at all, or as long as it takes. As in Erlang/OTP. */
export type ShutdownSpec = number | 'brutal' | 'infinity';

/** A delay that grows with each failure in a row. */
export interface BackoffOptions {
  /** Delay after the first failure, in milliseconds. */
  readonly minMs?: number;
  /** Greatest delay, in milliseconds. */
  readonly maxMs?: number;
  /** By how much each delay is longer than the one before, 1 or more. */
  readonly factor?: number;
  /** Part of each delay that is random, from 0 (none) to 1 (all of it), so that many actors do not come back at once. */
  readonly jitter?: number;
  /**
   * After this long without a failure, counted from the start after the last one, the delay starts from `minMs` again. Default:
   * half way between `minMs` and `maxMs`.
   */
  readonly resetAfterMs?: number;
}

export type Backoff = Required<BackoffOptions>;

/** Options of one actor. */
export interface ActorOptions {
  /** Default `"permanent"`. */
  readonly restart?: RestartType;
  /** Restarts allowed within `periodMs`; one more and the graph stops with `ERR_RESTART_LIMIT`. Default 5. */
  readonly maxRestarts?: number;
  /** Length of the sliding window for `maxRestarts`, in milliseconds. Default 10,000. */
  readonly periodMs?: number;
  /** Delay before a restart. Default: none (`minMs: 0`). */
  readonly backoff?: BackoffOptions;
  /**
   * How long its supervisor waits for it to stop before it is killed: milliseconds, or `"infinity"`; `"brutal"` kills it at
   * once. Default 5,000.
   */
  readonly shutdown?: ShutdownSpec;
  /** Its end may end its supervisor: see `autoShutdown`. Not for permanent ones. Default false. */
  readonly significant?: boolean;
  /** What the next incarnation starts from: the state as last committed, or what the definition makes. Default `"preserve"`. */
  readonly stateOnRestart?: 'preserve' | 'reset';
  /** What becomes of the messages in its mailbox when an incarnation ends: they stay, or go. Default `"keep"`. */
  readonly mailboxOnRestart?: 'keep' | 'deadLetters';
  /** Failed attempts after which a message becomes a dead letter. Default 3; `Infinity` retries for ever. */
  readonly showstopperAfter?: number;
  /**
   * Decides for each failed turn which of the messages in hand become dead letters, instead of `showstopperAfter`. What it
   * throws, and an answer that is none, are logged; then `showstopperAfter` decides. Default: none. For actors only.
   */
  readonly showstopper?: ShowstopperRule;
  /** Delay before attempt 3 and later ones of the same message. Default 100 ms doubling to 10 s, half of it random. */
  readonly retryBackoff?: BackoffOptions;
  /**
   * After a failure with several messages in hand, turns see one message at a time until those are gone, so that only the one
   * at fault becomes a dead letter. Default false: they see as many as their waits ask for. Batches are retried so anyway.
   */
  readonly isolate?: boolean;
  /** How long an asynchronous turn may stay open, in milliseconds; waiting for room does not count. Default: no limit. */
  readonly turnTimeoutMs?: number;
  /** The service can do without it for a while: a degraded graph may pause it. Default false. */
  readonly optional?: boolean;
  /** The most timers that it may have set at once: an integer of 1 or more. Default 1,024. */
  readonly maxTimers?: number;
}

export interface ActorSettings {
  readonly restart: RestartType;
  readonly maxRestarts: number;
  readonly periodMs: number;
  readonly backoff: Backoff;
  readonly shutdown: ShutdownSpec;
  readonly significant: boolean;
  readonly stateOnRestart: 'preserve' | 'reset';
  readonly mailboxOnRestart: 'keep' | 'deadLetters';
  readonly showstopperAfter: number;
  readonly showstopper: ShowstopperRule | undefined;
  readonly retryBackoff: Backoff;
  readonly isolate: boolean;
  readonly turnTimeoutMs: number;
  readonly optional: boolean;
  readonly maxTimers: number;
}

/** The defaults, each with its reason. */
export const ACTOR_DEFAULTS: ActorSettings = Object.freeze({
  restart: 'permanent', // a service's parts are there to stay
  // Erlang's 1 in 5 s stops a node at the second failure; Elixir's 3 in 5 s is close. Messages are retried and removed
  // here, so that what remains are failures of the actor itself: 5 in 10 s tells a crash loop from bad luck.
  maxRestarts: 5,
  periodMs: 10_000,
  // No delay: the message at fault has a delay of its own (retryBackoff), and an actor without one should be back at once.
  backoff: Object.freeze({ minMs: 0, maxMs: 30_000, factor: 2, jitter: 0.5, resetAfterMs: 15_000 }),
  shutdown: 5_000, // Erlang's: time to finish what is under way, and no more than a deployment can wait for
  significant: false, // as in Erlang
  stateOnRestart: 'preserve', // what is committed is consistent: a failed turn has left no trace in it
  mailboxOnRestart: 'keep', // the message at fault has attempts of its own; the others are not to blame
  showstopper: undefined,
  showstopperAfter: 3, // once for bad luck, once more at once, once after a while
  retryBackoff: Object.freeze({ minMs: 100, maxMs: 10_000, factor: 2, jitter: 0.5, resetAfterMs: 0 }),
  isolate: false, // a loop that waits for five messages is mostly one that needs five
  turnTimeoutMs: Infinity, // nobody but the author knows how long an honest turn takes
  optional: false, // nobody but the author knows what can be done without
  maxTimers: 1_024, // a timeout for each thing under way is fair use; more of them than messages wait anywhere is a leak
});

/** Checks an actor's options and completes them. */
export function actorSettings(what: string, options: ActorOptions, defaults: ActorSettings): ActorSettings {
  const keys = Object.keys(ACTOR_DEFAULTS);
  checkKnownKeys(what, options, keys);
  if (Object.keys(options).length === 0) return defaults; // shared, so that a million actors cost one
  const {
    restart = defaults.restart,
    maxRestarts = defaults.maxRestarts,
    periodMs = defaults.periodMs,
    showstopperAfter = defaults.showstopperAfter,
    showstopper = defaults.showstopper,
    isolate = defaults.isolate,
    turnTimeoutMs = defaults.turnTimeoutMs,
    optional = defaults.optional,
    shutdown = defaults.shutdown,
    significant = defaults.significant,
    stateOnRestart = defaults.stateOnRestart,
    mailboxOnRestart = defaults.mailboxOnRestart,
    maxTimers = defaults.maxTimers,
  } = options;
  checkChoice('restart', restart, ['permanent', 'transient', 'temporary']);
  if (maxRestarts !== Infinity) checkInteger('maxRestarts', maxRestarts, 0);
  checkNumber('periodMs', periodMs, 1);
  if (showstopperAfter !== Infinity) checkInteger('showstopperAfter', showstopperAfter, 1);
  if (showstopper !== undefined && typeof showstopper !== 'function') {
    throw invalidOption('showstopper', 'a function', showstopper);
  }
  if (typeof isolate !== 'boolean') throw invalidOption('isolate', 'true or false', isolate);
  checkNumber('turnTimeoutMs', turnTimeoutMs, 1, true);
  if (typeof optional !== 'boolean') throw invalidOption('optional', 'true or false', optional);
  checkInteger('maxTimers', maxTimers, 1);
  const backoff = backoffSettings('backoff', options.backoff ?? {}, defaults.backoff);
  const retryBackoff = backoffSettings('retryBackoff', options.retryBackoff ?? {}, defaults.retryBackoff);
  checkShutdown('shutdown', shutdown);
  if (typeof significant !== 'boolean') throw invalidOption('significant', 'true or false', significant);
  checkChoice('stateOnRestart', stateOnRestart, ['preserve', 'reset']);
  checkChoice('mailboxOnRestart', mailboxOnRestart, ['keep', 'deadLetters']);
  const child = { shutdown, significant, stateOnRestart, mailboxOnRestart };
  const limits = { maxRestarts, periodMs, showstopperAfter, turnTimeoutMs, maxTimers };
  return Object.freeze({ restart, ...limits, ...child, backoff, retryBackoff, showstopper, isolate, optional });
}

/** Checks how long something has to stop. */
export function checkShutdown(option: string, value: unknown): ShutdownSpec {
  if (value === 'brutal' || value === 'infinity') return value;
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw invalidOption(option, 'milliseconds, "brutal" or "infinity"', value);
}

export function backoffSettings(option: string, options: BackoffOptions, defaults: Backoff): Backoff {
  checkKnownKeys(option, options, Object.keys(ACTOR_DEFAULTS.backoff));
  const { minMs = defaults.minMs, maxMs = defaults.maxMs } = options;
  // As in Pekko: who lasts for longer than most of the delays has got over what they were for.
  const settings = { ...defaults, resetAfterMs: (minMs + maxMs) / 2, ...options };
  checkNumber(`${option}.minMs`, settings.minMs, 0);
  checkNumber(`${option}.maxMs`, settings.maxMs, settings.minMs);
  checkNumber(`${option}.factor`, settings.factor, 1);
  checkNumber(`${option}.resetAfterMs`, settings.resetAfterMs, 0);
  if (checkNumber(`${option}.jitter`, settings.jitter, 0) > 1) {
    throw invalidOption(`${option}.jitter`, 'a number from 0 to 1', settings.jitter);
  }
  return Object.freeze(settings);
}
