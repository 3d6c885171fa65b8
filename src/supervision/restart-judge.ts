import { type Child, ChildHistory } from './child.ts';
import type { ChildControl } from './child-control.ts';
import { type Failure, isOwnWish } from './failure.ts';
import type { AlertSettings } from './restart-alert.ts';
import { RestartDelay } from './restart-delay.ts';
import { type ChildFailure, RestartLimit } from './restart-limit.ts';
import type { RestartWindowOptions } from './restart-window.ts';
import { type GaveUp, gaveUpOf } from './supervisor-end.ts';

/**
 * Says of each restart whether it is one too many and, if not, how long it waits: from the limits, breakers, fallbacks, alerts
 * and backoffs of a supervisor and its children.
 */
export class RestartJudge<T> {
  readonly #options: RestartWindowOptions;
  readonly #control: ChildControl<T>;
  /** Made for the first failure. */
  #limit: RestartLimit | undefined;
  #isHurried = false;

  constructor(options: RestartWindowOptions, control: ChildControl<T>) {
    this.#options = options;
    this.#control = control;
  }

  get isHurried(): boolean {
    return this.#isHurried;
  }

  /** From now on there is no backoff and no open breaker. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** Restarts of all children within the period so far; 0 where there is no limit. */
  get restarts(): number {
    return this.#limit?.count(this.#control.nowMs()) ?? 0;
  }

  /**
   * A child needs a restart, because of `failure`.
   *
   * A failure that its breaker answers counts against no limit: it restarts nothing now.
   *
   * @param policyDelayMs - What the policy wants instead of its backoff.
   * @returns after how many milliseconds it restarts, or how the supervisor gives up.
   */
  judge(child: Child<T>, failure: Failure, policyDelayMs: number | undefined): number | GaveUp {
    const nowMs = this.#control.nowMs();
    const history = (child.history ??= new ChildHistory(child.spec));
    // Further attempts at one message as well: each has failed, may have cost whoever the child depends on, and a fallback is to
    // have had the message before it becomes a dead letter.
    const isFailure = !isOwnWish(failure) && failure.isOfAnother !== true;
    const takesFallback = isFailure && history.fallback?.failed(nowMs) === true;
    const openMs = isFailure && !takesFallback && !this.#isHurried ? history.breaker?.failed(nowMs) : undefined;
    const gaveUp = openMs === undefined ? this.#record(child, history, failure, nowMs) : undefined;
    if (gaveUp !== undefined) return gaveUp;
    if (takesFallback) this.#takeFallback(child, history);
    if (openMs !== undefined) this.#control.decided({ kind: 'breaker', child, state: 'open' });
    if (history.alert?.restarted(nowMs) === true) {
      const { moreThan, withinMs } = child.spec.alert as AlertSettings; // what the alert was made of
      this.#control.decided({ kind: 'alert', child, moreThan, withinMs });
    }
    if (this.#isHurried) return failure.retryDelayMs;
    const ownMs = openMs ?? policyDelayMs ?? (takesFallback ? 0 : this.#backoffMs(child, history, failure, nowMs));
    return Math.max(ownMs, failure.retryDelayMs);
  }

  /** Another child takes its place: of that one nothing bad is known yet. */
  forget(child: Child<T>): void {
    const { history } = child;
    child.history = undefined;
    if (history?.breaker?.reset() === true) this.#control.decided({ kind: 'breaker', child, state: 'closed' });
  }

  #takeFallback(child: Child<T>, history: ChildHistory): void {
    this.#control.decided({ kind: 'fallback', child, isOn: true });
    history.delay = new RestartDelay();
    if (history.breaker?.reset() === true) this.#control.decided({ kind: 'breaker', child, state: 'closed' });
  }

  #backoffMs({ spec }: Child<T>, history: ChildHistory, failure: Failure, nowMs: number): number {
    if (isOwnWish(failure)) return spec.backoff.minMs;
    return history.delay.next(spec.backoff, nowMs, this.#control.random);
  }

  #record(child: Child<T>, { limit: own }: ChildHistory, failure: Failure, nowMs: number): GaveUp | undefined {
    const record = this.#recordOf(child, failure.cause);
    const limit = (this.#limit ??= new RestartLimit(this.#options));
    const isBeyondOwn = own.record(record, failure.counts, nowMs);
    if (limit.record(record, failure.counts, nowMs)) {
      return gaveUpOf('limit', record, failure.gaveUp, 'supervisor', limit);
    }
    return isBeyondOwn ? gaveUpOf('limit', record, failure.gaveUp, 'child', own) : undefined;
  }

  /** The policy does not leave it to the limits, or has failed. */
  giveUp(why: 'escalated' | 'policyFailed', child: Child<T>, cause: unknown, below?: GaveUp): GaveUp {
    const limit = (this.#limit ??= new RestartLimit(this.#options));
    const record = this.#recordOf(child, cause);
    if (why === 'escalated') limit.record(record, false, this.#control.nowMs()); // so that the report has it
    return gaveUpOf(why, record, below, 'supervisor', limit);
  }

  #recordOf(child: Child<T>, error: unknown): ChildFailure {
    return { child: child.id, wallMs: this.#control.wallMs(), regeneration: child.incarnation - 1, error };
  }
}
