import { valueText } from '../base/options.ts';
import { isThenable } from '../base/promises.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { Actor } from './actor.ts';
import { ActorContext } from './actor-context.ts';
import { BatchIntake } from './batch-intake.ts';
import { ActorScope } from './code-tracking.ts';
import type { Behaviour } from './definition.ts';
import type { StepMemory } from './dormant.ts';
import { type Driver, SLICE_MS, TURNS_PER_SLICE } from './driver.ts';
import { describeRest } from './phase.ts';

type StepBehaviour = Extract<Behaviour, { readonly kind: 'handler' | 'source' }>;
type Settled =
  { readonly kind: 'returned'; readonly value: unknown } | { readonly kind: 'threw'; readonly error: unknown };
const NO_HANDLERS: readonly never[] = Object.freeze([]);
type Handler = (message: unknown, ctx: unknown) => unknown;
type Call = (ctx: unknown) => unknown;
/** What the present turn is: one message, the last turn of all, or a call of a source. */
type Step = 'message' | 'drained' | 'source';

/**
 * Runs handlers and sources: one call, one turn.
 *
 * A call that returns no promise is committed in the same breath, up to 64 in a slice, with one context for all of them. A
 * call that returns a promise keeps that context for itself: it is fenced when the turn ends, and the next turn gets a new
 * one.
 */
export class StepDriver implements Driver {
  readonly #actor: Actor;
  /** Kept apart from the definition: every definition has a shape of its own, so that a look into one is slow. */
  readonly #source: Call | undefined;
  readonly #onDrained: Call | undefined;
  /** The handler of each input or lane, in the order of the inputs. */
  readonly #handlers: readonly Handler[];
  #context: ActorContext | null = null;
  /** What messages come through where some of them come in batches; null where all come one at a time. */
  readonly #batches: BatchIntake | null;
  /** Where the look for the next message starts: round robin. */
  #cursor = 0;
  #step: Step = 'message';
  /** The source is done, or `onDrained` has run. */
  #finished = false;
  /** Turns committed before the one that finished: while there are no more, that one is not real yet. */
  #turnsBeforeLast = -1;
  #settled: Settled | undefined;
  /**
   * Each turn gets a context of its own: calls return promises, always or now and then. A context shared with turns that
   * did not would let what they left behind act while such a turn is open.
   */
  #ownContexts: boolean;
  /** `#slice` in the frame of the incarnation, where code is followed. */
  #framedSlice: (() => boolean) | null = null;

  constructor(actor: Actor, behaviour: StepBehaviour, memory: StepMemory | undefined) {
    this.#actor = actor;
    this.#source = behaviour.kind === 'source' ? behaviour.source : undefined;
    this.#onDrained = behaviour.kind === 'handler' ? behaviour.onDrained : undefined;
    this.#handlers = handlersOf(actor, behaviour);
    this.#ownContexts = memory?.ownContexts ?? this.#handlers.some(isAsyncFunction);
    this.#cursor = memory?.cursor ?? 0;
    if (memory !== undefined) this.#framedSlice = this.#frame();
    this.#batches = actor.inputs.some(({ batch }) => batch !== undefined)
      ? new BatchIntake(actor.inputs, actor.turn, actor.runtime, actor.timePassed)
      : null;
  }

  begin(): boolean {
    this.#settled = undefined;
    // A last turn that was rolled back is still to come; one that was committed must not come twice.
    if (this.#actor.counters.turns === this.#turnsBeforeLast) this.#finished = false;
    const { runtime } = this.#actor;
    this.#framedSlice = this.#frame();
    if (runtime.probe !== null) {
      try {
        runtime.probe('begin', this.#actor.name);
      } catch (error) {
        this.#actor.turnFailed(error);
        return false;
      }
    }
    return this.work();
  }

  work(): boolean {
    const { runtime, gate } = this.#actor;
    if (gate?.holdsBack() === true && !this.#finished) return this.#beHeldBack();
    runtime.current = this.#actor.name;
    try {
      return this.#framedSlice === null ? this.#slice() : this.#framedSlice();
    } finally {
      runtime.current = null;
      if (this.#batches !== null && this.#actor.phase !== 'ended') this.#batches.watchArrivals();
    }
  }

  #frame(): (() => boolean) | null {
    const frame = this.#actor.runtime.tracking?.frame(new ActorScope(this.#actor));
    return frame === undefined ? null : () => frame.run(() => this.#slice());
  }

  #beHeldBack(): false {
    this.#rest();
    this.#batches?.watchArrivals();
    return false;
  }

  #slice(): boolean {
    const actor = this.#actor;
    for (const end of actor.inputs) end.ring.parked = false;
    const { tracking } = actor.runtime;
    const isPaced = actor.gate?.turnBegins() === true;
    if (this.#ownContexts && tracking?.followsTurns === true) {
      // One turn: each has a scope of its own, because each may be asynchronous.
      if (tracking.runTurns(actor, () => this.#burst(1)) < 0) return this.#resumed;
    } else if (isPaced) {
      if (this.#burst(1) < 0) return this.#resumed;
    } else if (actor.isFast) {
      if (this.#burst(TURNS_PER_SLICE) < 0) return this.#resumed;
    } else {
      const { clock, runQueue } = actor.runtime;
      for (let turns = 0; turns < TURNS_PER_SLICE; turns += 1) {
        if (this.#burst(1) < 0) return this.#resumed;
        if (clock.nowMs() - runQueue.sliceStartMs >= SLICE_MS) break;
      }
    }
    actor.enqueue();
    return false;
  }

  /** Up to `limit` turns. @returns how many; -1 when there cannot be another one at once. */
  #burst(limit: number): number {
    const actor = this.#actor;
    const { turn, inputs } = actor;
    const handlers = this.#handlers;
    const batches = this.#batches;
    for (let turns = 0; turns < limit; turns += 1) {
      const context = (this.#context ??= new ActorContext(actor));
      const { fence } = context;
      let result: unknown;
      let promise: Promise<unknown> | undefined;
      const input = batches === null ? this.#nextInput() : batches.next();
      try {
        if (input >= 0) {
          const message = batches === null ? turn.takeOnly(inputs[input] as InputEnd) : batches.take(input);
          fence.open = true;
          const handler = handlers[input] as Handler;
          result = handler(message, context);
        } else {
          const step = this.#stepWithoutMessage();
          if (step === undefined) return this.#stop(false);
          this.#step = step;
          fence.open = true;
          result = this.#callWithoutMessage(context);
        }
        // A thenable of somebody else's may throw, and settle twice: a promise of its own tames it.
        if (result !== undefined && isThenable(result)) promise = this.#tamed(result);
      } catch (error) {
        actor.turnFailed(error);
        return this.#stop(false);
      }
      if (promise !== undefined) {
        if (input >= 0) this.#step = 'message';
        return this.#stop(this.#goAsync(context, promise));
      }
      fence.open = false;
      if (this.#ownContexts) this.#retire(context);
      if (input < 0 && !this.#mayCommit(result)) return this.#stop(false);
      if (actor.commit() !== 'done') return this.#stop(false);
    }
    return limit;
  }

  #tamed(result: PromiseLike<unknown>): Promise<unknown> {
    const { name, runtime } = this.#actor;
    const promise = Promise.resolve(result);
    return runtime.rehearsal === null ? promise : runtime.rehearsal.asyncTurn(name, promise);
  }

  /** Whether user code was resumed through a promise in the slice that a burst has just ended. */
  #resumed = false;

  #stop(resumed: boolean): -1 {
    this.#resumed = resumed;
    return -1;
  }

  /** What there is to do without a message; undefined when there is nothing, and the actor rests or has ended. */
  #stepWithoutMessage(): 'source' | 'drained' | undefined {
    const actor = this.#actor;
    if (this.#source !== undefined) {
      if (!this.#finished && !actor.runtime.stopping) return 'source';
    } else {
      if (!actor.inputsDrained) return this.#rest();
      if (!this.#finished && this.#onDrained !== undefined) return 'drained';
    }
    actor.finish({ kind: 'completed' });
    return undefined;
  }

  #callWithoutMessage(context: ActorContext): unknown {
    const call = this.#source ?? this.#onDrained;
    return call?.(context);
  }

  /** A call without a message has returned `value`. @returns false if that was no answer; then the turn has failed. */
  #mayCommit(value: unknown): boolean {
    if (this.#step === 'source') {
      if (value === 'more') return true;
      if (value !== 'done') {
        this.#actor.turnFailed(new TypeError(`source must answer "more" or "done", got ${valueText(value)}`));
        return false;
      }
    }
    this.#finished = true;
    this.#turnsBeforeLast = this.#actor.counters.turns;
    return true;
  }

  /** The input or lane that is served next, round robin; -1 if none has a message. */
  #nextInput(): number {
    const { inputs } = this.#actor;
    const count = inputs.length;
    if (count === 1) {
      const { ring } = inputs[0] as InputEnd;
      return ring.head === ring.tail ? -1 : 0;
    }
    let index = this.#cursor;
    for (let step = 0; step < count; step += 1) {
      if (index >= count) index = 0;
      const { ring } = inputs[index] as InputEnd;
      if (ring.head !== ring.tail) {
        this.#cursor = index + 1;
        return index;
      }
      index += 1;
    }
    return -1;
  }

  #rest(): undefined {
    this.#actor.phase = 'idle';
    for (const end of this.#actor.inputs) end.ring.parked = true;
  }

  #goAsync(context: ActorContext, promise: Promise<unknown>): boolean {
    const actor = this.#actor;
    this.#ownContexts = true;
    actor.phase = 'turn';
    actor.deadline?.open();
    const settle = (settled: Settled): void => {
      if (context !== this.#context || context.fence.dead) return; // the turn was abandoned: its end means nothing any more
      this.#settled = settled;
      actor.enqueue();
    };
    promise.then(
      (value) => settle({ kind: 'returned', value }),
      (error: unknown) => settle({ kind: 'threw', error }),
    );
    return true;
  }

  settle(): boolean {
    const context = this.#context;
    if (context?.resumeOne() === true) {
      if (this.#settled !== undefined) this.#actor.enqueue(); // the slice was meant for both
      return true;
    }
    const settled = this.#settled;
    if (settled === undefined || context === null) return false;
    this.#settled = undefined;
    if (settled.kind === 'threw') {
      this.#actor.turnFailed(settled.error);
      return false;
    }
    this.#retire(context);
    this.#actor.deadline?.close();
    this.#actor.phase = 'idle';
    if (this.#step !== 'message' && !this.#mayCommit(settled.value)) return false;
    return this.#actor.commit() === 'done' ? this.work() : false;
  }

  /** The turn has ended as it should, and its context with it. */
  #retire(context: ActorContext): void {
    context.fence.retire();
    this.#context = null;
  }

  committed(): boolean {
    this.#actor.phase = 'idle';
    return this.work();
  }

  canGoOn(): boolean {
    const batches = this.#batches;
    return batches === null || batches.isReady || this.#actor.inputsDrained;
  }

  noteArrivals(): void {
    this.#batches?.noteArrivals();
  }

  abandon(why: string): void {
    if (this.#actor.phase === 'ended') this.#batches?.stop();
    else this.#batches?.turnAbandoned();
    this.#context?.fence.abandon(why);
    this.#context = null;
    this.#settled = undefined;
  }

  hibernate(): StepMemory | null {
    // Batches have timers, and a signal may be listened to by what earlier turns have left running.
    if (this.#batches !== null || this.#context?.fence.hasSignal === true) return null;
    return { cursor: this.#cursor, ownContexts: this.#ownContexts };
  }

  describe(): string {
    if (this.#actor.phase === 'turn') return this.#context?.describePending() ?? 'an open turn';
    const batches = this.#batches?.describe() ?? [];
    if (batches.length > 0) return `waiting for ${batches.join(', ')}`;
    return describeRest(this.#actor.inputs.filter((end) => !end.drained).map((end) => end.ring.name));
  }
}

/** The handler of each end. Where every input is one end, all actors of the definition share the list. */
function handlersOf(actor: Actor, behaviour: StepBehaviour): readonly Handler[] {
  if (behaviour.kind === 'source') return NO_HANDLERS;
  if (actor.inputs === actor.inputPorts) return behaviour.handlers;
  return actor.inputs.map(({ port }) => behaviour.on[port] as Handler);
}

function isAsyncFunction(handler: Handler): boolean {
  return handler.constructor.name === 'AsyncFunction';
}
