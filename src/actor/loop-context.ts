import { checkInteger } from '../base/options.ts';
import { type BundleCondition, LanesCondition } from '../channel/bundle-condition.ts';
import { AllCondition, AnyCondition, type Condition } from '../channel/condition.ts';
import type { Actor } from './actor.ts';
import { ActorContext } from './actor-context.ts';
import type { Beat, Vetoes, WaitResult } from './context.ts';
import type { LoopDriver } from './loop-driver.ts';
import { AfterCondition } from './timed-conditions.ts';

/** The context of a loop: everything a turn has, and the waits. */
export class LoopActorContext extends ActorContext {
  readonly #driver: LoopDriver;
  /** The loop has read `state`, and may keep it: every commit copies it. */
  usesState = false;

  constructor(actor: Actor, driver: LoopDriver) {
    super(actor);
    this.#driver = driver;
  }

  override get state(): object {
    this.usesState = true;
    return super.state;
  }

  override get running(): (vetoes?: Vetoes) => boolean {
    return (vetoes) => {
      this.fence.check('running'); // here, and not in the driver: that one may have got another context by now
      return this.#driver.running(vetoes);
    };
  }

  get next(): (condition: Condition) => Promise<WaitResult> {
    return (condition) => (this.fence.dead ? never() : this.#driver.next(condition));
  }

  get pause(): (condition: Condition) => Promise<WaitResult> {
    return (condition) => (this.fence.dead ? never() : this.#driver.pause(condition));
  }

  get commit(): () => Promise<unknown> {
    return () => (this.fence.dead ? never() : this.#driver.commit());
  }

  get tryNext(): (condition: Condition) => WaitResult | undefined {
    return (condition) => {
      if (this.fence.dead) throw this.fence.refusal('tryNext');
      return this.#driver.tryNext(condition);
    };
  }

  get all(): (...conditions: Condition[]) => Condition {
    return (...conditions) => new AllCondition(conditions);
  }

  get any(): (...conditions: Condition[]) => Condition {
    return (...conditions) => {
      checkInteger('any: number of conditions', conditions.length, 1);
      return new AnyCondition(conditions);
    };
  }

  get sameLane(): (...conditions: BundleCondition[]) => BundleCondition {
    return (...conditions) => LanesCondition.same(conditions);
  }

  get every(): (periodMs: number) => Beat {
    return (periodMs) => {
      if (this.fence.dead) throw this.fence.refusal('every');
      return this.#driver.every(periodMs);
    };
  }

  get after(): (timeoutMs: number) => Condition {
    return (timeoutMs) => new AfterCondition(timeoutMs);
  }

  get until(): (promise: Promise<unknown>) => Condition {
    return (promise) => {
      if (this.fence.dead) throw this.fence.refusal('until');
      return this.#driver.until(promise);
    };
  }
}

/** A wait on a context that is dead. A new promise each time: one shared by all would keep every reaction to it. */
function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
