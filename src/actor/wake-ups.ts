import type { Condition, TimeoutCondition, Waker } from '../channel/condition.ts';
import type { Ring, VacancyWatcher } from '../channel/ring.ts';
import type { Runtime } from './runtime.ts';
import { Timer } from './timer-queue.ts';

/** How often the named conditions of a stopping loop are looked at: nothing else tells when they change. */
const VETO_POLL_MS = 50;

/** An actor whose loop waits. */
export interface WaitingActor extends VacancyWatcher {
  readonly runtime: Runtime;
  /** Looks whether the wait is over. */
  readonly timePassed: () => void;
}

/** What the wait of a loop has asked to be told of. */
export class WakeUps implements Waker {
  readonly #actor: WaitingActor;
  readonly #watched: Ring[] = [];
  readonly #timeouts: { readonly timer: Timer; readonly condition: TimeoutCondition }[] = [];
  #poll: Timer | undefined;

  constructor(actor: WaitingActor) {
    this.#actor = actor;
  }

  /** Asks for what `condition` waits for, besides messages. */
  begin(condition: Condition): void {
    condition.attach(this);
  }

  /** Has the actor look now and then as well. */
  poll(): void {
    const { clock, timers } = this.#actor.runtime;
    this.#poll ??= new Timer(() => {
      this.#actor.timePassed();
      this.poll();
    });
    timers.arm(this.#poll, clock.nowMs() + VETO_POLL_MS);
  }

  watchVacancy(ring: Ring, count: number): void {
    ring.watchVacancy(this.#actor, count);
    this.#watched.push(ring);
  }

  armTimeout(condition: TimeoutCondition): void {
    const { clock, timers } = this.#actor.runtime;
    const timer = new Timer(() => {
      condition.due = true;
      this.#actor.timePassed();
    });
    this.#timeouts.push({ timer, condition });
    timers.arm(timer, clock.nowMs() + condition.timeoutMs);
  }

  /** Leaves nothing behind of a wait that is over. */
  end(): void {
    const { timers } = this.#actor.runtime;
    for (const ring of this.#watched) ring.unwatchVacancy(this.#actor);
    this.#watched.length = 0;
    for (const { timer, condition } of this.#timeouts) {
      timers.disarm(timer);
      condition.due = false;
    }
    this.#timeouts.length = 0;
    if (this.#poll !== undefined) timers.disarm(this.#poll);
  }
}
