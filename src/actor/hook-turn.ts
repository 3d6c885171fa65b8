import { valueText } from '../base/options.ts';
import { isThenable } from '../base/promises.ts';
import type { Actor } from './actor.ts';
import { ActorContext } from './actor-context.ts';
import type { Driver } from './driver.ts';
import type { TurnLoss } from './rehearsal.ts';

/** A hook that has only its context left to be called with. */
export type HookCall = (ctx: ActorContext) => unknown;

/** Whose turn it is. `onRestart` has its turn in common with `onStart`, and goes before it. */
export type HookName = 'onStart' | 'onStop' | 'onChildEvent';

/** Where a test may make each of them fail. */
const POINTS = Object.freeze({ onStart: 'hook:start', onStop: 'hook:stop', onChildEvent: 'hook:childEvent' } as const);

type Settled =
  { readonly kind: 'returned'; readonly value: unknown } | { readonly kind: 'threw'; readonly error: unknown };

/**
 * Runs hooks as one turn of their actor, in the place of its own driver.
 *
 * It is a turn like any other: it has a context that is fenced when it ends, it waits for room, it is rolled back when it
 * fails. That it failed, its actor finds out, as with the turns of other drivers.
 */
export class HookTurn implements Driver {
  readonly name: HookName;
  readonly #actor: Actor;
  readonly #calls: HookCall[];
  readonly #committed: (value: unknown) => boolean;
  #context: ActorContext | undefined;
  #settled: Settled | undefined;
  /** A hook has returned a promise. */
  #isOpen = false;
  /** What the last hook has answered. */
  value: unknown;

  /** @param committed - Is told what the last hook has answered; says what {@link Driver.begin} says. */
  constructor(actor: Actor, name: HookName, calls: HookCall[], committed: (value: unknown) => boolean) {
    this.name = name;
    this.#actor = actor;
    this.#calls = calls;
    this.#committed = committed;
  }

  begin(): boolean {
    const actor = this.#actor;
    const { probe } = actor.runtime;
    actor.phase = 'turn';
    try {
      // The end begins with what was committed last, whatever the incarnation has left behind.
      if (this.name === 'onStop') actor.state.renew();
      this.#context = new ActorContext(actor);
      probe?.(POINTS[this.name], actor.name);
    } catch (error) {
      actor.turnFailed(error);
      return true;
    }
    return this.#goOn(this.#context);
  }

  #goOn(context: ActorContext): boolean {
    const actor = this.#actor;
    for (let call = this.#calls.shift(); call !== undefined; call = this.#calls.shift()) {
      try {
        const result = this.#call(call, context);
        if (result !== undefined && isThenable(result)) {
          this.#await(context, result);
          return true;
        }
        this.value = result;
      } catch (error) {
        actor.turnFailed(error);
        return true;
      }
    }
    context.fence.retire();
    actor.deadline?.close();
    try {
      this.#checkAnswer(this.value);
    } catch (error) {
      actor.turnFailed(error);
      return true;
    }
    actor.phase = 'idle';
    switch (actor.commit()) {
      case 'done':
        return this.committed();
      case 'waiting':
        return false;
      case 'over':
        return true;
    }
  }

  #call(call: HookCall, context: ActorContext): unknown {
    const actor = this.#actor;
    const { runtime } = actor;
    const { tracking } = runtime;
    const run = (): unknown => call(context);
    context.fence.open = true;
    runtime.current = actor.name;
    try {
      if (tracking === null) return run();
      return tracking.followsTurns ? tracking.runTurns(actor, run) : tracking.runAs(actor, run);
    } finally {
      runtime.current = null;
    }
  }

  #checkAnswer(value: unknown): void {
    if (this.name === 'onChildEvent') this.#actor.place.family?.checkAnswer(value);
    if (this.name !== 'onStart' || value === undefined || value === 'ignore') return;
    throw new TypeError(`onStart must answer nothing or "ignore", got ${valueText(value)}`);
  }

  #await(context: ActorContext, result: PromiseLike<unknown>): void {
    const actor = this.#actor;
    const { name, runtime, deadline } = actor;
    // A thenable of somebody else's may throw, and settle twice: a promise of its own tames it.
    const promise = Promise.resolve(result);
    if (!this.#isOpen) deadline?.open(); // once: two hooks may have one turn
    this.#isOpen = true;
    const settle = (settled: Settled): void => {
      if (context.fence.dead) return; // abandoned: its end means nothing any more
      this.#settled = settled;
      actor.enqueue();
    };
    (runtime.rehearsal?.asyncTurn(name, promise) ?? promise).then(
      (value) => settle({ kind: 'returned', value }),
      (error: unknown) => settle({ kind: 'threw', error }),
    );
  }

  settle(): boolean {
    const context = this.#context;
    if (context?.resumeOne() === true) {
      if (this.#settled !== undefined) this.#actor.enqueue(); // the slice was meant for both
      return true;
    }
    const settled = this.#settled;
    if (settled === undefined || context === undefined) return false;
    this.#settled = undefined;
    if (settled.kind === 'threw') {
      this.#actor.turnFailed(settled.error);
      return true;
    }
    this.value = settled.value;
    return this.#goOn(context);
  }

  committed(): boolean {
    return this.#committed(this.value);
  }

  /** The turn comes to nothing. */
  lose(loss: TurnLoss, why: string): void {
    const actor = this.#actor;
    actor.runtime.rehearsal?.turnLost(actor.name, loss);
    actor.giveUpTurn();
    actor.abandonWaits(why);
  }

  abandon(why: string): void {
    this.#context?.fence.abandon(why);
    this.#settled = undefined;
  }

  describe(): string {
    return `its ${this.name}: ${this.#context?.describePending() ?? 'an open turn'}`;
  }

  /** Never between two turns. */
  work(): boolean {
    return false;
  }

  canGoOn(): boolean {
    return false;
  }

  noteArrivals(): void {}

  hibernate(): null {
    return null;
  }
}
