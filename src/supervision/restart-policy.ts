import type { Exit } from '../actor/events.ts';
import type { Decision } from '../actor/runtime.ts';
import type { ActorSettings, RestartType } from '../actor/settings.ts';
import { unreachable } from '../base/unreachable.ts';
import type { FailureRecord } from '../base/errors.ts';
import type { Random } from '../ports/random.ts';
import { RestartDelay } from './restart-delay.ts';
import { RestartWindow } from './restart-window.ts';

/**
 * Whether a child that ended so comes back.
 *
 * Source: Erlang/OTP `supervisor`, restart type. Differs: `completed` is an end that no restart type restarts.
 */
export function shouldRestart(restart: RestartType, exit: Exit): boolean {
  if (exit.kind === 'completed') return false;
  switch (restart) {
    case 'permanent':
      return true;
    case 'transient':
      return exit.kind === 'crashed' || exit.kind === 'killed';
    case 'temporary':
      return false;
    default:
      return unreachable(restart);
  }
}

/** How many failures are kept for the error about a restart limit; an unlimited actor keeps these few as well. */
const FAILURES_KEPT_MAX = 20;

/** What one child's supervisor remembers of it. Decides, and does nothing. */
export class RestartPolicy {
  readonly #settings: ActorSettings;
  readonly #random: Random;
  readonly #window: RestartWindow;
  #failures: FailureRecord[] = [];
  readonly #delay = new RestartDelay();

  constructor(settings: ActorSettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#window = new RestartWindow(settings);
  }

  /** The latest failures, oldest first. */
  get failures(): readonly FailureRecord[] {
    return this.#failures;
  }

  /**
   * The child has ended by `exit` at `nowMs` (monotonic).
   *
   * @param counts - Whether a restart counts against the limit.
   * @param failure - For the report, should the limit be exceeded.
   */
  childEnded(exit: Exit, counts: boolean, nowMs: number, failure: FailureRecord): Decision {
    if (!shouldRestart(this.#settings.restart, exit)) return { kind: 'stop' };
    this.#failures = [...this.#failures, failure].slice(-FAILURES_KEPT_MAX);
    if (counts && this.#window.record(nowMs) === 'escalate') return { kind: 'escalate' };
    return { kind: 'restart', delayMs: this.#delayMs(exit, nowMs) };
  }

  #delayMs(exit: Exit, nowMs: number): number {
    const { backoff } = this.#settings;
    return exit.kind === 'normal' ? backoff.minMs : this.#delay.next(backoff, nowMs, this.#random);
  }
}
