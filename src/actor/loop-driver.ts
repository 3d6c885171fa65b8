import { HoldfastError } from '../base/errors.ts';
import { invalidOption } from '../base/options.ts';
import { isThenable } from '../base/promises.ts';
import { AllCondition, AnyCondition, type Condition, isLaned } from '../channel/condition.ts';
import type { Narrowing } from '../channel/narrowing.ts';
import type { Actor } from './actor.ts';
import { ActorScope } from './code-tracking.ts';
import type { Beat, Vetoes, WaitResult } from './context.ts';
import type { Behaviour } from './definition.ts';
import { type Driver, SLICE_MS, TURNS_PER_SLICE } from './driver.ts';
import { LoopActorContext } from './loop-context.ts';
import { NamedConditions } from './named-conditions.ts';
import { AfterCondition, type Sleeper, UntilCondition } from './timed-conditions.ts';
import type { TurnGate } from './turn-gate.ts';
import type { ContextVerb } from './runtime.ts';
import { beginWait, handled, type Wait } from './wait.ts';
import { DRAINED, promiseOf, ready, readyLane, STOPPING } from './wait-results.ts';
import { WakeUps } from './wake-ups.ts';

type LoopBehaviour = Extract<Behaviour, { readonly kind: 'loop' }>;
type Settled = { readonly kind: 'returned' } | { readonly kind: 'threw'; readonly error: unknown };

/** What `commit()` waits for besides room: nothing. */
const NOTHING: Condition = new AllCondition([]);

/** Runs a loop: one promise for the whole incarnation, one wait at a time. */
export class LoopDriver implements Driver {
  readonly #actor: Actor;
  readonly #behaviour: LoopBehaviour;
  readonly #gate: TurnGate | null;
  #context: LoopActorContext | null = null;
  #wait: Wait | null = null;
  /** Turns left in this slice. */
  #budget = 0;
  /** Where the look for a part of `any` that holds starts: round robin. */
  #cursor = 0;
  #toldStopping = false;
  #toldDrained = false;
  /** Named conditions that were false when the loop last asked whether to go on. */
  #vetoes: NamedConditions | null = null;
  #settled: Settled | undefined;
  readonly #wakeUps: WakeUps;
  /** One for each promise and actor: a promise that outlives many incarnations gets one reaction, not one from each. */
  #promises: WeakMap<Promise<unknown>, UntilCondition> | undefined;
  #sleeper: Sleeper | undefined;

  constructor(actor: Actor, behaviour: LoopBehaviour) {
    this.#actor = actor;
    this.#behaviour = behaviour;
    this.#gate = actor.gate;
    this.#wakeUps = new WakeUps(actor);
  }

  // --- Driver -------------------------------------------------------------------------------------------------------

  begin(): boolean {
    const actor = this.#actor;
    const { runtime } = actor;
    this.#toldStopping = false;
    this.#toldDrained = false;
    this.#vetoes = null;
    this.#settled = undefined;
    const context = new LoopActorContext(actor, this);
    this.#context = context;
    this.#newSlice();
    actor.narrowing?.begin();
    this.#openTurn(NOTHING);
    actor.opening = true;
    runtime.current = actor.name;
    try {
      if (runtime.probe !== null) runtime.probe('begin', actor.name);
      const result = this.#runFramed(context);
      if (isThenable(result)) this.#observe(context, result);
      else this.#end(context, { kind: 'returned' });
    } catch (error) {
      this.#end(context, { kind: 'threw', error });
    } finally {
      runtime.current = null;
    }
    return true;
  }

  #runFramed(context: LoopActorContext): unknown {
    const actor = this.#actor;
    const { tracking } = actor.runtime;
    if (tracking === null) return this.#behaviour.run(context);
    actor.scope = new ActorScope(actor);
    return tracking.frame(actor.scope).run(() => this.#behaviour.run(context));
  }

  #observe(context: LoopActorContext, result: PromiseLike<unknown>): void {
    result.then(
      () => this.#end(context, { kind: 'returned' }),
      (error: unknown) => this.#end(context, { kind: 'threw', error }),
    );
  }

  #end(context: LoopActorContext, settled: Settled): void {
    if (context !== this.#context) return; // abandoned: how it ends means nothing any more
    this.#settled = settled;
    this.#actor.enqueue();
  }

  work(): boolean {
    const wait = this.#wait;
    if (this.#settled !== undefined || wait === null) return this.settle();
    if (this.#context?.resumeOne() === true) {
      this.#actor.enqueue(); // the slice may have been meant for the wait as well
      return true;
    }
    if (wait.commits && this.#isHeldBack()) return false;
    const result = this.#pollOrFail(wait.condition);
    if (result === null) return false;
    if (result === 'failed') return true;
    this.#newSlice();
    this.#endWait(wait, result);
    return true;
  }

  settle(): boolean {
    const context = this.#context;
    if (context?.resumeOne() === true) {
      if (this.#settled !== undefined) this.#actor.enqueue();
      return true;
    }
    const settled = this.#settled;
    if (settled === undefined || context === null) return false;
    if (settled.kind === 'threw') {
      this.#actor.turnFailed(settled.error);
      return true;
    }
    if (this.#wait !== null) {
      this.#actor.turnFailed(this.#alreadyWaiting('return'));
      return true;
    }
    context.fence.open = false;
    this.#actor.deadline?.close();
    return this.#actor.commit() === 'done' ? this.#finish() : false;
  }

  committed(): boolean {
    const wait = this.#wait;
    if (wait === null) return this.#finish();
    this.#newSlice();
    if (this.#context?.hasResults === true) this.#actor.enqueue(); // they came in while the commit waited for room
    const result = this.#isHeldBack() ? null : this.#pollOrFail(wait.condition);
    if (result === 'failed') return true;
    if (result === null) {
      this.#park(wait.condition);
      return false;
    }
    this.#endWait(wait, result);
    return true;
  }

  /** `run` has returned and its last turn is committed. */
  #finish(): boolean {
    const actor = this.#actor;
    actor.finish({ kind: actor.isSource || actor.inputsDrained ? 'completed' : 'normal' });
    return false;
  }

  canGoOn(): boolean {
    const wait = this.#wait;
    if (wait === null) return false;
    try {
      return this.#why(wait.condition) !== null;
    } catch {
      return true; // a named condition threw: that is for the actor's own slice to find, and not for whoever wakes it
    }
  }

  noteArrivals(): void {}

  abandon(why: string): void {
    const wait = this.#wait;
    const context = this.#context;
    this.#wait = null;
    this.#context = null;
    this.#settled = undefined;
    this.#unpark();
    if (this.#actor.phase === 'ended' && this.#sleeper !== undefined) this.#sleeper.wake = undefined;
    if (wait !== null) void handled(wait.promise);
    context?.fence.abandon(why, wait?.reject);
  }

  /** A loop is in the middle of its code: there is no making it anew. */
  hibernate(): null {
    return null;
  }

  describe(): string {
    const vetoes = this.#vetoes?.vetoing() ?? [];
    if (vetoes.length > 0) return `veto: ${vetoes.join(', ')}`;
    if (this.#wait !== null) return `waiting for ${this.#wait.condition.describe()}`;
    return this.#context?.describePending() ?? 'an open turn';
  }

  // --- The verbs of a loop ------------------------------------------------------------------------------------------

  next(condition: Condition): Promise<WaitResult> {
    const context = this.#context as LoopActorContext;
    this.#checkMayWait(context, 'next', condition);
    return this.#commitAndWait(context, condition);
  }

  commit(): Promise<unknown> {
    const context = this.#context as LoopActorContext;
    this.#checkMayWait(context, 'commit', NOTHING);
    return this.#commitAndWait(context, NOTHING);
  }

  pause(condition: Condition): Promise<WaitResult> {
    const context = this.#context as LoopActorContext;
    this.#checkMayWait(context, 'pause', condition);
    this.#budget -= 1;
    if (!this.#actor.isFast) this.#lookAtClock();
    const result = this.#budget > 0 ? this.#poll(condition) : null;
    if (result !== null) {
      this.#endPause(condition, result);
      return promiseOf(result);
    }
    const { recorder } = this.#actor.runtime;
    if (recorder !== null) recorder.paused(this.#actor);
    const promise = this.#beginWait(condition, false);
    this.#park(condition);
    this.#actor.phase = 'paused';
    if (this.#budget <= 0) this.#actor.enqueue(); // the others first
    return promise;
  }

  tryNext(condition: Condition): WaitResult | undefined {
    const context = this.#context as LoopActorContext;
    this.#checkMayWait(context, 'tryNext', condition);
    const actor = this.#actor;
    const mayStop = actor.runtime.stopping && !this.#toldStopping;
    if (mayStop || this.#budget <= 1 || (condition.readsInputs && actor.inputsDrained)) return undefined;
    if (this.#isHeldBack()) return undefined;
    const index = this.#ready(condition);
    const isPlain = actor.turn.isPlain;
    if (index < 0 || !(isPlain || this.#mayCommitNow())) return undefined;
    context.fence.open = false;
    if ((isPlain ? actor.commitPlain() : actor.commit()) !== 'done') throw context.fence.abandoned('its turn failed');
    this.#budget -= 1;
    if (!this.#actor.isFast) this.#lookAtClock();
    const result = resultOf(condition, index);
    this.#cursor = index + 1;
    this.#openTurn(condition, result);
    return result;
  }

  /** Whether the turn can commit without waiting, and without failing. */
  #mayCommitNow(): boolean {
    const { turn } = this.#actor;
    return turn.poison === undefined && turn.lacking(Infinity) === null;
  }

  running(vetoes: Vetoes | undefined): boolean {
    const actor = this.#actor;
    const goesOn = actor.isSource ? !actor.runtime.stopping : !actor.inputsDrained;
    this.#vetoes = goesOn || vetoes === undefined ? null : new NamedConditions(vetoes);
    return goesOn || this.#vetoes?.allHold === false;
  }

  every(periodMs: number): Beat {
    return this.#actor.beat(periodMs);
  }

  until(promise: Promise<unknown>): Condition {
    if (!isThenable(promise)) throw invalidOption('until', 'a promise', promise);
    const promises = (this.#promises ??= new WeakMap());
    const known = promises.get(promise);
    if (known !== undefined) return known;
    this.#sleeper ??= { wake: this.#actor.timePassed };
    const condition = new UntilCondition(promise, this.#sleeper);
    promises.set(promise, condition);
    return condition;
  }

  // --- Waiting ------------------------------------------------------------------------------------------------------

  #checkMayWait(context: LoopActorContext, verb: ContextVerb, condition: Condition): void {
    if (this.#wait !== null) throw this.#actor.turn.poisoned(this.#alreadyWaiting(verb));
    context.fence.check(verb);
    // Before the commit: what comes after it could not be undone any more.
    if ((condition as Partial<Condition> | undefined)?.isCondition !== true) {
      throw this.#actor.turn.poisoned(
        invalidOption(`${verb}: condition`, 'a condition, such as input.avail()', condition),
      );
    }
  }

  #alreadyWaiting(verb: string): HoldfastError<'ERR_ALREADY_WAITING'> {
    const actor = this.#actor.name;
    const message = `${verb} while actor "${actor}" waits already: one wait at a time. Is a next, pause or commit not awaited?`;
    return new HoldfastError('ERR_ALREADY_WAITING', message, { actor, verb });
  }

  #commitAndWait(context: LoopActorContext, condition: Condition): Promise<WaitResult> {
    const actor = this.#actor;
    context.fence.open = false;
    actor.deadline?.close();
    switch (actor.commit()) {
      case 'over':
        return handled(Promise.reject(context.fence.abandoned('its turn has ended')));
      case 'waiting':
        return this.#beginWait(condition, true);
      case 'done':
        return this.#goOnOrWait(condition);
    }
  }

  #goOnOrWait(condition: Condition): Promise<WaitResult> {
    this.#budget -= 1;
    if (!this.#actor.isFast) this.#lookAtClock();
    // Its slice used up, it must not ask yet: the answer would be thrown away, and some answers are given only once.
    const result = this.#budget > 0 && !this.#isHeldBack() ? this.#poll(condition) : null;
    if (result !== null) {
      this.#openTurn(condition, result);
      return promiseOf(result);
    }
    const promise = this.#beginWait(condition, true);
    this.#park(condition);
    if (this.#budget <= 0) this.#actor.enqueue(); // the others first
    return promise;
  }

  #beginWait(condition: Condition, commits: boolean): Promise<WaitResult> {
    // Here, where the loop calls: whoever awaits the promise goes on in the scope that is entered now.
    if (commits) this.#actor.runtime.tracking?.enterTurns(this.#actor);
    this.#wait = beginWait(condition, commits);
    return this.#wait.promise;
  }

  /** Asks to be woken. */
  #park(condition: Condition): void {
    this.#actor.phase = 'idle';
    for (const end of this.#actor.inputs) end.ring.parked = true;
    this.#wakeUps.begin(condition);
    if (this.#vetoes !== null) this.#wakeUps.poll();
  }

  /** Leaves nothing behind of a wait that is over. */
  #unpark(): void {
    for (const end of this.#actor.inputs) end.ring.parked = false;
    this.#wakeUps.end();
  }

  #endWait(wait: Wait, result: WaitResult): void {
    this.#wait = null;
    if (wait.commits) this.#openTurn(wait.condition, result);
    else this.#endPause(wait.condition, result);
    this.#unpark();
    this.#actor.phase = 'turn';
    wait.resolve(result);
  }

  #endPause(condition: Condition, result: WaitResult): void {
    this.#actor.narrowing?.showMore(condition, chosen(condition, result.index));
    this.#useUp(condition, result, false);
  }

  #openTurn(condition: Condition, result?: WaitResult): void {
    const actor = this.#actor;
    const context = this.#context as LoopActorContext;
    actor.phase = 'turn';
    if (context.usesState) actor.state.use();
    if (actor.narrowing !== null) this.#narrow(actor.narrowing, condition, result);
    if (result !== undefined) this.#useUp(condition, result, actor.narrowing !== null);
    context.fence.open = true;
    actor.deadline?.open();
    if (this.#gate !== null) this.#gate.turnBegins();
  }

  /** The graph is degraded: no turn may begin. Waits inside a turn go on. */
  #isHeldBack(): boolean {
    return this.#gate !== null && this.#gate.holdsBack();
  }

  #narrow(narrowing: Narrowing, condition: Condition, result: WaitResult | undefined): void {
    if (narrowing.isOver) {
      narrowing.end();
      this.#actor.narrowing = null;
    } else if (condition === NOTHING) narrowing.beginTurn(undefined, undefined);
    else narrowing.beginTurn(condition, chosen(condition, result?.index ?? -1));
  }

  /** Whatever has ended the wait has had its turn: beats, and the lane of a bundle. */
  #useUp(condition: Condition, { index }: WaitResult, narrowed: boolean): void {
    if (index < 0 || !(condition.timed || condition.laned)) return;
    const part = chosen(condition, index);
    if (part.timed) this.#actor.turn.useBeats(part);
    if (isLaned(part)) part.served(narrowed);
  }

  /** Why a wait for `condition` ends now; null if it does not. Marks what is told only once. */
  #poll(condition: Condition): WaitResult | null {
    const result = this.#why(condition);
    if (result !== STOPPING && result !== DRAINED) {
      if (result !== null) this.#cursor = result.index + 1;
      return result;
    }
    if (this.#vetoesGone) this.#vetoes = null; // told once: a loop that waits on regardless must not spin
    if (result === STOPPING) this.#toldStopping = true;
    else this.#toldDrained = true;
    return result;
  }

  /** `#poll` for a slice in which no user code runs that a named condition could throw into. */
  #pollOrFail(condition: Condition): WaitResult | null | 'failed' {
    try {
      return this.#poll(condition);
    } catch (error) {
      this.#actor.turnFailed(error);
      return 'failed';
    }
  }

  #why(condition: Condition): WaitResult | null {
    const actor = this.#actor;
    if (condition !== NOTHING && this.#vetoesGone) return actor.isSource ? STOPPING : DRAINED;
    if (actor.runtime.stopping && !this.#toldStopping && condition !== NOTHING) {
      if (actor.isSource || (condition.timed && !condition.readsInputs)) return STOPPING;
    }
    if (condition.readsInputs && actor.inputsDrained) {
      if (!this.#toldDrained) return DRAINED;
      if (!condition.timePassed()) return null; // asked again after the end: only time can still bring something
    }
    const index = this.#ready(condition);
    return index < 0 ? null : resultOf(condition, index);
  }

  #ready(condition: Condition): number {
    if (condition instanceof AnyCondition) return condition.ready(this.#cursor);
    return condition.holds(false) ? 0 : -1;
  }

  /** The loop went on for its named conditions alone, and all of them hold by now. */
  get #vetoesGone(): boolean {
    return this.#vetoes?.allHold === true;
  }

  #newSlice(): void {
    this.#budget = TURNS_PER_SLICE;
  }

  #lookAtClock(): void {
    const { clock, runQueue } = this.#actor.runtime;
    if (clock.nowMs() - runQueue.sliceStartMs >= SLICE_MS) this.#budget = Math.min(this.#budget, 1);
  }
}

function resultOf(condition: Condition, index: number): WaitResult {
  if (!condition.timed && !condition.laned) return ready(index);
  const part = chosen(condition, index);
  if (part instanceof AfterCondition) return { kind: 'timeout', index, lane: -1 };
  return isLaned(part) ? readyLane(index, part.lane()) : ready(index);
}

/** The part of `condition` that ended the wait. */
function chosen(condition: Condition, index: number): Condition {
  return condition instanceof AnyCondition ? (condition.part(index) ?? condition) : condition;
}
