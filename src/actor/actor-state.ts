import type { Log } from '../ports/log.ts';
import { countValues, STATE_VALUES_WARNED, type StatePlan, statePlanFor } from './state-plan.ts';

/** What an actor without a state sees as its state: a write to it throws instead of being lost. */
const NO_STATE: object = Object.freeze({});

/**
 * The state of one actor: the committed one, which is never handed out, and the live one, which the present incarnation works
 * on. A roll back makes a new live object, so that whatever an abandoned turn left behind writes into a dead one.
 */
export class ActorState {
  #plan: StatePlan | undefined;
  #committed: object = {};
  /** The copy of a decided turn that waits for room. */
  #decided: object | undefined;
  /** What the user's code sees. */
  live: object = NO_STATE;
  /** The present turn may have changed it. */
  used = false;

  /**
   * Keeps the initial state.
   *
   * @param plans - Those of the actor's definition.
   *
   * @throws HoldfastError `ERR_STATE_UNSUPPORTED`
   */
  keepInitial(initial: object, plans: Map<string, unknown>, log: Log): void {
    this.#plan = statePlanFor(plans, initial);
    this.#committed = this.#plan.copy(initial);
    if (countValues(initial) <= STATE_VALUES_WARNED) return;
    log.warn(
      `the state holds more than ${STATE_VALUES_WARNED} values: all of them are copied at each turn that uses the state`,
    );
  }

  /** A copy as last committed. */
  snapshot(): object {
    return this.#plan?.copy(this.#committed) ?? {};
  }

  /** A new incarnation begins from the committed state. */
  renew(): void {
    if (this.#plan !== undefined) this.live = Object.seal(this.#plan.copy(this.#committed));
    this.used = false;
  }

  /** The turn commits now. Throws `ERR_STATE_UNSUPPORTED`; then nothing has changed. */
  save(): void {
    this.used = false;
    this.#plan?.copyInto(this.#committed, this.live);
  }

  /** The turn is decided and waits for room: what is live now counts, whatever becomes of it. Throws as `save`. */
  decide(): void {
    if (this.used && this.#plan !== undefined) this.#decided = this.#plan.copy(this.live);
  }

  /** The decided turn commits. */
  adopt(): void {
    if (this.#decided !== undefined) this.#committed = this.#decided;
    this.forget();
  }

  /** The turn is given up. */
  forget(): void {
    this.#decided = undefined;
    this.used = false;
  }
}
