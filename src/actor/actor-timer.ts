import type { Ring } from '../channel/ring.ts';
import { buryUndelivered, type Cause } from './burial.ts';
import { Delivery } from './delivery.ts';
import type { Runtime } from './runtime.ts';
import { Timer } from './timer-queue.ts';

/** What a timer was set to. */
export interface TimerSetting {
  /** Unique in its actor. */
  readonly name: string;
  /** The input that gets the message. */
  readonly input: string;
  readonly ring: Ring;
  readonly message: unknown;
  /** Milliseconds until it fires first. */
  readonly delayMs: number;
  /** Milliseconds from one beat to the next; undefined where it fires once. */
  readonly periodMs: number | undefined;
}

/** A timer at one moment, as plain data. */
export interface TimerSnapshot {
  /** As set: unique in its actor. */
  readonly name: string;
  /** The input that gets its message. */
  readonly input: string;
  /** Milliseconds from one beat to the next; `undefined` for a timer that fires once. */
  readonly periodMs: number | undefined;
  /** Milliseconds until it is due; 0 where its message waits for room. */
  readonly dueInMs: number;
  /** Beats without a message of their own, since the last one that had one. */
  readonly missed: number;
}

/** Whose timer it is. */
interface TimerOwner {
  readonly actor: string;
  readonly runtime: Runtime;
  /** It fires no more. */
  timerOver(timer: ActorTimer): void;
}

/**
 * One timer of an actor. When it is due its message goes into the actor's own input: see {@link Delivery}.
 *
 * Of an interval one message at the most is under way: while it waits for room, or for the turn that takes it, further beats
 * are only counted.
 */
export class ActorTimer {
  readonly setting: TimerSetting;
  readonly #owner: TimerOwner;
  readonly #timer = new Timer(() => this.#isDue());
  readonly #delivery: Delivery;
  /** Monotonic milliseconds. */
  #dueMs = 0;
  #missed = 0;
  /** What waits for room is its last message. */
  #isLast: boolean;

  constructor(owner: TimerOwner, setting: TimerSetting) {
    this.#owner = owner;
    this.setting = setting;
    this.#isLast = setting.periodMs === undefined;
    this.#delivery = new Delivery(
      owner.runtime,
      setting.ring,
      () => setting.message,
      () => this.#fired(),
    );
  }

  /** It is due, and its message waits for room. */
  get waits(): boolean {
    return this.#delivery.waits;
  }

  start(): void {
    const { clock, timers } = this.#owner.runtime;
    this.#dueMs = clock.nowMs() + this.setting.delayMs;
    timers.arm(this.#timer, this.#dueMs);
  }

  /** It fires no more, but a message that waits for room goes on waiting. */
  disarm(): void {
    this.#isLast = true;
    this.#owner.runtime.timers.disarm(this.#timer);
  }

  /** Gives up the wait for room, if there is one: the message was never sent. */
  giveUp(): void {
    this.#delivery.giveUp();
  }

  /** The actor has ended. A message that waits for room was due: it becomes a dead letter, as what is in its inputs does. */
  bury(cause: Cause): void {
    if (!this.waits) return;
    const { ring, message } = this.setting;
    this.#delivery.giveUp();
    buryUndelivered(this.#owner.runtime, ring, message, cause);
  }

  snapshot(): TimerSnapshot {
    const { name, input, periodMs } = this.setting;
    const dueInMs = this.waits ? 0 : Math.max(0, this.#dueMs - this.#owner.runtime.clock.nowMs());
    return { name, input, periodMs, dueInMs, missed: this.#missed };
  }

  #isDue(): void {
    const { name, ring, periodMs } = this.setting;
    if (this.#delivery.isPointless) {
      this.#owner.timerOver(this);
      return;
    }
    if (periodMs !== undefined) this.#reckonNextBeat(periodMs);
    if (this.waits || ring.offsetOfFiring(name) >= 0) this.#missed += 1;
    else this.#delivery.send();
  }

  /** From the beat's own time, not from now: that keeps the interval free of drift. A clock that is late misses beats. */
  #reckonNextBeat(periodMs: number): void {
    const { clock, timers } = this.#owner.runtime;
    const passed = Math.max(0, Math.floor((clock.nowMs() - this.#dueMs) / periodMs));
    this.#missed += passed;
    this.#dueMs += (passed + 1) * periodMs;
    timers.arm(this.#timer, this.#dueMs);
  }

  #fired(): void {
    const { actor, runtime } = this.#owner;
    const { name, ring } = this.setting;
    ring.markFiring(Object.freeze({ timer: name, missed: this.#missed }));
    this.#missed = 0;
    if (this.#isLast) this.#owner.timerOver(this);
    runtime.probe?.('timer.fire', actor);
  }
}
