import type { StepPoint } from './crash-points.ts';
import { STEP_POINTS } from './crash-points.ts';
import { InjectedFault } from './faults.ts';

/** Steps that no call of the context leads to. */
const NO_CALLS: ReadonlySet<StepPoint> = new Set(['user code', 'begin', 'restart', 'slice']);

/** A crash that is to come. */
interface Planned {
  /** Undefined: any call of the context. */
  readonly point: StepPoint | undefined;
  /** Steps of this kind to go, the one that crashes included. */
  left: number;
  readonly text: string;
}

/** Crashes of one actor, each at a step that was chosen before. */
export class CrashPlan {
  readonly #kill: () => void;
  #planned: Planned[] = [];

  /** @param kill - Ends the actor where nothing can be thrown. */
  constructor(kill: () => void) {
    this.#kill = kill;
  }

  /** At the `occurrence`-th step of that kind from now on, from 1. */
  add(point: StepPoint | undefined, occurrence: number): void {
    const text = point === undefined ? `call ${occurrence} of the context` : `${point}, occurrence ${occurrence}`;
    this.#planned.push({ point, left: occurrence, text });
  }

  /** What has not come. */
  get left(): readonly string[] {
    return this.#planned.map(({ text, left }) => `the crash at ${text} has not come: ${left} more to go`);
  }

  /** The actor comes to a step. Throws if that is where it crashes. */
  step(point: StepPoint): void {
    const due = this.#planned.filter((planned) => isOf(planned, point) && (planned.left -= 1) === 0);
    const [first] = due;
    if (first === undefined) return;
    this.#planned = this.#planned.filter((planned) => !due.includes(planned));
    if (STEP_POINTS[point] === 'kill') this.#kill();
    else throw new InjectedFault(`injected at ${first.text}`);
  }
}

function isOf({ point: planned }: Planned, point: StepPoint): boolean {
  return planned === undefined ? isCall(point) : planned === point;
}

function isCall(point: StepPoint): boolean {
  return !NO_CALLS.has(point) && !point.includes(':');
}
