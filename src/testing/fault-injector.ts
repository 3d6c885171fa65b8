import { STEP_POINTS } from './crash-points.ts';
import { type Fault, type FaultKind, type Moment, momentKey } from './faults.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Says what goes wrong at each moment of a run. */
export interface FaultInjector {
  /** A step is about to be taken. */
  at(moment: Moment, run: InjectedRun): readonly Fault[];
  /** An asynchronous turn has begun. */
  hangs(actor: string, call: number): Fault | undefined;
  /** An effect is about to be done. */
  atEffect(actor: string, effect: string, call: number): Fault | undefined;
}

/** What an injector may know of the run. */
export interface InjectedRun {
  /** Names of all actors, in the order in which they were placed. */
  readonly actors: readonly string[];
}

/** Nothing goes wrong. */
export const NO_FAULTS: FaultInjector = { at: () => [], hangs: () => undefined, atEffect: () => undefined };

/** What was planned goes wrong, each at its moment. */
export class PlannedFaults implements FaultInjector {
  readonly #atMoments = new Map<string, Fault[]>();
  readonly #others = new Map<string, Fault>();

  constructor(faults: readonly Fault[]) {
    for (const fault of faults) {
      switch (fault.kind) {
        case 'hang':
          this.#others.set(`${fault.actor}\n${fault.call}`, fault);
          break;
        case 'effectDelayed':
        case 'effectFailed':
          this.#others.set(`${fault.actor}\n${fault.effect}\n${fault.call}`, fault);
          break;
        case 'crash':
        case 'kill':
        case 'slow':
        case 'clockStep':
        case 'stray': {
          const key = momentKey(fault.at);
          this.#atMoments.set(key, [...(this.#atMoments.get(key) ?? []), fault]);
        }
      }
    }
  }

  at(moment: Moment): readonly Fault[] {
    return this.#atMoments.get(momentKey(moment)) ?? [];
  }

  hangs(actor: string, call: number): Fault | undefined {
    return this.#others.get(`${actor}\n${call}`);
  }

  atEffect(actor: string, effect: string, call: number): Fault | undefined {
    return this.#others.get(`${actor}\n${effect}\n${call}`);
  }
}

/** Greatest delays, in virtual milliseconds. */
const SLOW_MS_MAX = 200;
const CLOCK_STEP_MS_MAX = 86_400_000;

/** Things go wrong at random, so many in a run on average and not many more at the most. */
export class RandomFaults implements FaultInjector {
  readonly #random: SeededRandom;
  readonly #kinds: readonly FaultKind[];
  readonly #atSteps: readonly FaultKind[];
  readonly #rate: number;
  #left: number;

  /**
   * @param options - `steps`: how many a run has about; `faults`: how many of them go wrong.
   */
  constructor(
    random: SeededRandom,
    kinds: readonly FaultKind[],
    options: { readonly steps: number; readonly faults: number },
  ) {
    this.#random = random;
    this.#kinds = kinds;
    this.#atSteps = kinds.filter((kind) => kind !== 'hang' && kind !== 'effectDelayed' && kind !== 'effectFailed');
    this.#rate = options.faults / Math.max(1, options.steps);
    this.#left = 2 * options.faults;
  }

  at(moment: Moment, { actors }: InjectedRun): readonly Fault[] {
    if (this.#atSteps.length === 0 || !this.#strikes(this.#rate)) return [];
    const fault = this.#faultAt(moment, actors);
    if (fault === undefined) return [];
    this.#left -= 1;
    return [fault];
  }

  hangs(actor: string, call: number): Fault | undefined {
    if (!this.#kinds.includes('hang') || !this.#strikes(Math.max(0.02, this.#rate))) return undefined;
    this.#left -= 1;
    return { kind: 'hang', actor, call };
  }

  atEffect(actor: string, effect: string, call: number): Fault | undefined {
    const kinds = this.#kinds.filter((kind) => kind === 'effectDelayed' || kind === 'effectFailed');
    if (kinds.length === 0 || !this.#strikes(Math.max(0.02, this.#rate))) return undefined;
    this.#left -= 1;
    return this.#one(kinds) === 'effectFailed'
      ? { kind: 'effectFailed', actor, effect, call }
      : { kind: 'effectDelayed', actor, effect, call, ms: 1 + this.#random.integer(SLOW_MS_MAX) };
  }

  #strikes(rate: number): boolean {
    return this.#left > 0 && this.#random.next() < rate;
  }

  #faultAt(at: Moment, actors: readonly string[]): Fault | undefined {
    const kind = this.#one(this.#atSteps);
    const mayThrow = STEP_POINTS[at.point] === 'throw';
    switch (kind) {
      case 'crash':
        if (mayThrow) return { kind, at };
        return this.#kinds.includes('kill') ? this.#killAt(at, actors) : undefined;
      case 'kill':
        return this.#killAt(at, actors);
      case 'slow':
        return { kind, at, ms: 1 + this.#random.integer(SLOW_MS_MAX) };
      case 'clockStep':
        return { kind, at, ms: this.#random.integer(2 * CLOCK_STEP_MS_MAX) - CLOCK_STEP_MS_MAX };
      case 'stray':
        return isOwnCode(at) ? { kind, at } : undefined;
      case 'hang':
      case 'effectDelayed':
      case 'effectFailed':
        return undefined;
    }
  }

  #killAt(at: Moment, actors: readonly string[]): Fault {
    const isOwn = at.actor !== '' && this.#random.integer(2) === 0;
    return { kind: 'kill', at, actor: isOwn ? at.actor : this.#one(actors) };
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#random.integer(choices.length)] as T;
  }
}

/** It is certain that code of the actor runs. */
function isOwnCode({ point }: Moment): boolean {
  return STEP_POINTS[point] === 'throw' && point !== 'begin' && !point.includes(':');
}
