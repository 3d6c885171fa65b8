import { HoldfastError } from '../base/errors.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { Ring } from '../channel/ring.ts';
import { ActorTimer, type TimerSetting, type TimerSnapshot } from './actor-timer.ts';
import { takeBack } from './delivery.ts';
import type { Exit } from './events.ts';
import type { Runtime } from './runtime.ts';
import type { ActorSettings } from './settings.ts';
import type { StagedEffect, Turn } from './turn.ts';

/**
 * The timers of one actor, by name, and what the present turn has staged of them. They belong to the actor and not to an
 * incarnation: they go on over restarts, unless these reset the actor, and while it hibernates.
 */
export class ActorTimers implements StagedEffect {
  readonly isSetUp = true;
  readonly actor: string;
  readonly runtime: Runtime;
  /** Of the inputs that a timer may send to. */
  readonly #rings: readonly Ring[];
  readonly #maxTimers: number;
  readonly #timers = new Map<string, ActorTimer>();
  /** By name, what the present turn sets, or null for what it cancels; undefined while it does neither. */
  #staged: Map<string, TimerSetting | null> | undefined;
  /** How many there will be when the present turn commits. */
  #countThen = 0;
  /** Given up by the commit that is under way. */
  #givenUp: ActorTimer[] = [];
  /** Where that commit has taken out the message of a timer. */
  #freed: Ring[] = [];

  constructor(actor: string, runtime: Runtime, rings: readonly Ring[], maxTimers: number) {
    this.actor = actor;
    this.runtime = runtime;
    this.#rings = rings;
    this.#maxTimers = maxTimers;
  }

  /** None is set, and none waits to fire. */
  get isIdle(): boolean {
    return this.#timers.size === 0;
  }

  /** Whether it is set, as the present turn sees it. */
  has(name: string): boolean {
    const staged = this.#staged?.get(name);
    return staged === undefined ? this.#timers.has(name) : staged !== null;
  }

  /** @throws HoldfastError `ERR_TIMERS_FULL`; then nothing has changed. */
  set(turn: Turn, setting: TimerSetting): void {
    if (!this.has(setting.name)) {
      const count = this.#staged === undefined ? this.#timers.size : this.#countThen;
      if (count >= this.#maxTimers) throw this.#full();
      this.#stage(turn, setting.name, setting, 1);
    } else this.#stage(turn, setting.name, setting, 0);
  }

  cancel(turn: Turn, name: string): void {
    this.#stage(turn, name, null, this.has(name) ? -1 : 0);
  }

  #stage(turn: Turn, name: string, setting: TimerSetting | null, more: number): void {
    if (this.#staged === undefined) {
      this.#staged = new Map();
      this.#countThen = this.#timers.size;
    }
    this.#staged.set(name, setting);
    this.#countThen += more;
    turn.stageEffect(this);
  }

  publish(): void {
    for (const [name, setting] of this.#staged ?? []) {
      this.#withdraw(name);
      // Nobody would wait for it any more: the graph stops.
      if (setting === null || this.runtime.stopping) continue;
      const timer = new ActorTimer(this, setting);
      this.#timers.set(name, timer);
      timer.start();
    }
    this.#staged = undefined;
  }

  /** Once this is committed nothing comes of that timer any more: a message that no turn has taken is taken out. */
  #withdraw(name: string): void {
    const timer = this.#timers.get(name);
    if (timer !== undefined) {
      timer.disarm();
      this.#timers.delete(name);
      if (timer.waits) this.#givenUp.push(timer);
    }
    for (const ring of this.#rings) {
      const place = ring.offsetOfFiring(name);
      if (place >= 0 && takeBack(ring, (_, offset) => offset === place) > 0) this.#freed.push(ring);
    }
  }

  wake(): void {
    for (const timer of this.#givenUp.splice(0)) timer.giveUp();
    for (const ring of this.#freed.splice(0)) if (ring.roomWanted) ring.roomAppeared();
  }

  rollBack(): void {
    this.#staged = undefined;
  }

  timerOver({ setting }: ActorTimer): void {
    this.#timers.delete(setting.name);
  }

  /** The actor begins anew, and is reset. What has fired is a message, and not taken back. */
  cancelAll(): void {
    for (const timer of this.#disarmAll()) timer.giveUp();
  }

  /** The graph stops: only what is due, and waits for room, still comes. */
  stopRequested(): void {
    for (const timer of this.#timers.values()) {
      timer.disarm();
      if (!timer.waits) this.#timers.delete(timer.setting.name);
    }
  }

  /** The actor has ended so, for good. */
  stop(exit: Exit, regeneration: number): void {
    const { actor } = this;
    const reason = exit.kind === 'shutdown' ? 'stopped' : 'no-consumer';
    const cause = { reason, actor, regeneration, text: `actor "${actor}" has ended` } as const;
    for (const timer of this.#disarmAll()) timer.bury(cause);
  }

  #disarmAll(): ActorTimer[] {
    const timers = [...this.#timers.values()];
    this.#timers.clear();
    for (const timer of timers) timer.disarm();
    return timers;
  }

  snapshot(): TimerSnapshot[] {
    return Array.from(this.#timers.values(), (timer) => timer.snapshot());
  }

  #full(): HoldfastError<'ERR_TIMERS_FULL'> {
    const { actor } = this;
    const maxTimers = this.#maxTimers;
    const message = `actor "${actor}" has ${maxTimers} timers, as many as it may (maxTimers): cancel some, set one for many, or raise it`;
    return new HoldfastError('ERR_TIMERS_FULL', message, { actor, maxTimers });
  }
}

/** The timers of an actor, to set some: firing goes to its inputs that are no bundles. */
export function timersOf(actor: {
  timers: ActorTimers | undefined;
  readonly name: string;
  readonly runtime: Runtime;
  readonly settings: Pick<ActorSettings, 'maxTimers'>;
  readonly inputs: readonly InputEnd[];
}): ActorTimers {
  if (actor.timers !== undefined) return actor.timers;
  const rings = actor.inputs.filter(({ lane }) => lane < 0).map(({ ring }) => ring);
  return (actor.timers = new ActorTimers(actor.name, actor.runtime, rings, actor.settings.maxTimers));
}
