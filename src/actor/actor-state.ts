import type { ActorTables } from './actor-tables.ts';
import type { Behaviour } from './definition.ts';
import type { Runtime } from './runtime.ts';
import { type Restored, startState, type StartStateSource, type StateCheck } from './start-state.ts';
import { countValues, STATE_VALUES_WARNED, type StatePlan, statePlanFor } from './state-plan.ts';

const MANY_VALUES = `the state holds more than ${STATE_VALUES_WARNED} values, and all of them are copied at each turn that uses the state: keep what grows in a table, which costs what a turn changes`;

/** An actor, as far as making its state goes. */
export interface StartingActor {
  readonly name: string;
  readonly args: unknown;
  readonly behaviour: Behaviour;
  readonly runtime: Runtime;
  /** Tells of a state that is too large. */
  tell(level: 'warn', fields: object, message: string): void;
}

/** What an actor without a state sees as its state: a write to it throws instead of being lost. */
const NO_STATE: object = Object.freeze({});

/**
 * The state of one actor: the committed one, which is never handed out, and the live one, which the present incarnation works
 * on. A roll back makes a new live object, so that whatever an abandoned turn left behind writes into a dead one.
 *
 * Its tables go with it: they are committed and rolled back in the same step.
 */
export class ActorState {
  #plan: StatePlan | undefined;
  #check: StateCheck | undefined;
  /** What is committed has been checked, and no incarnation has begun from it. */
  #isFresh = false;
  #committed: object = NO_STATE;
  /** The copy of a decided turn that waits for room. */
  #decided: object | undefined;
  /** What the user's code sees. */
  live: object = NO_STATE;
  tables: ActorTables | undefined;
  /** There is something to look at: {@link begin} was called. */
  isMade = false;
  /** The present turn may have changed something. */
  used = false;
  /** The state, that is, and not a table alone. */
  #liveUsed = false;

  /**
   * Keeps what the actor starts from. Whatever there was before is forgotten.
   *
   * @param restored - What it starts from instead of what its definition makes.
   *
   * @throws as {@link startState}; then nothing has changed.
   */
  begin(actor: StartingActor, restored: Restored | undefined): void {
    const { behaviour } = actor;
    const { state, tables, check } = startState(this.#sourceOf(actor), restored);
    if (state !== undefined) {
      const plan = statePlanFor(behaviour.plans, state);
      this.#committed = plan.copy(state);
      this.#plan = plan;
      if (countValues(state) > STATE_VALUES_WARNED) actor.tell('warn', {}, MANY_VALUES);
    }
    this.#check = check;
    this.#isFresh = true;
    this.tables = tables;
    this.isMade = true;
    this.forget();
  }

  #sourceOf({ name: actor, args, behaviour, runtime }: StartingActor): StartStateSource {
    const { makeState, stateSchema, tables } = behaviour;
    const onTableWrite = (): void => this.tableWritten();
    return { actor, args, makeState, stateSchema, tables, checks: runtime.freezer !== null, onTableWrite };
  }

  /** Of an actor that has neither a state nor tables, and has begun. */
  static ofNone(): ActorState {
    const none = new ActorState();
    none.isMade = true;
    return none;
  }

  /** There is neither a state nor a table: nothing to keep. */
  get isEmpty(): boolean {
    return this.#plan === undefined && this.tables === undefined;
  }

  /** A copy as last committed. */
  snapshot(): object {
    return this.#plan?.copy(this.#committed) ?? {};
  }

  /**
   * A new incarnation begins from the committed state.
   *
   * @throws HoldfastError `ERR_SCHEMA` and the like, if the schema of the state has something against it.
   */
  renew(): void {
    if (this.#plan !== undefined) {
      let state = this.#plan.copy(this.#committed);
      // What the schema makes of it is copied as well: it may be kept somewhere, and hold what no state can.
      if (this.#check !== undefined && !this.#isFresh) state = this.#plan.copy(this.#check(state));
      this.live = Object.seal(state);
    }
    this.#isFresh = false;
    this.forget();
  }

  /** The present turn gets hold of the live state, and may change it. */
  use(): void {
    this.used = true;
    this.#liveUsed = true;
  }

  /** The present turn has changed a table. */
  tableWritten(): void {
    this.used = true;
  }

  /** The turn commits now. Throws `ERR_STATE_UNSUPPORTED`; then nothing has changed. */
  save(): void {
    this.used = false;
    if (this.#liveUsed) {
      this.#liveUsed = false;
      this.#plan?.copyInto(this.#committed, this.live);
    }
    this.tables?.commit();
  }

  /**
   * The turn is decided and waits for room: what is live now counts, whatever becomes of it. Throws as `save`. The tables
   * need nothing: nobody can write to them while no turn is open.
   */
  decide(): void {
    if (this.#liveUsed && this.#plan !== undefined) this.#decided = this.#plan.copy(this.live);
  }

  /** The decided turn commits. */
  adopt(): void {
    if (this.#decided !== undefined) this.#committed = this.#decided;
    this.tables?.commit();
    this.forget();
  }

  /** The turn is given up. */
  forget(): void {
    this.#decided = undefined;
    this.used = false;
    this.#liveUsed = false;
    this.tables?.rollBack();
  }
}
