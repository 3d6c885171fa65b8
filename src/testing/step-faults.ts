import type { Graph } from '../system/graph.ts';
import { type Fill, fillsNear, type Place } from './coverage.ts';
import { STEP_POINTS } from './crash-points.ts';
import { type Fault, type Moment, momentKey } from './faults.ts';

/** A fault for a run of its own. */
export interface StepFault {
  readonly fault: Fault;
  /** Where in the run its moment is, among those of its kind. */
  readonly places: readonly Place[];
}

/** Collects the steps of a run, and says which crashes are to be tried at them. */
export class StepFaults {
  readonly #which: 'everyStep' | 'everyClass';
  readonly #moments: Moment[] = [];
  /** Moments of one actor at one point with one channel so full. */
  readonly #classes = new Map<string, Moment[]>();

  constructor(which: 'everyStep' | 'everyClass') {
    this.#which = which;
  }

  visited(moment: Moment, graph: Graph): void {
    if (this.#which === 'everyStep') this.#moments.push(moment);
    for (const [channel, fill] of fillsNear(graph, moment.actor)) {
      const key = `${moment.actor}\n${moment.point}\n${channel}\n${fill satisfies Fill}`;
      const moments = this.#classes.get(key);
      if (moments === undefined) this.#classes.set(key, [moment]);
      else moments.push(moment);
    }
  }

  *all(): Generator<StepFault> {
    const places = this.#places();
    const seen = new Set<string>();
    // Those that stand for a class come first: with a small budget they are what is tried.
    for (const moment of [...this.#chosen(), ...this.#moments]) {
      const key = momentKey(moment);
      if (seen.has(key)) continue;
      seen.add(key);
      const at = places.get(key) ?? [];
      if (STEP_POINTS[moment.point] === 'throw') yield { fault: { kind: 'crash', at: moment }, places: at };
      yield { fault: { kind: 'kill', at: moment, actor: moment.actor }, places: at };
    }
  }

  *#chosen(): Generator<Moment> {
    for (const moments of this.#classes.values()) {
      for (const index of [0, moments.length >> 1, moments.length - 1]) yield moments[index] as Moment;
    }
  }

  #places(): Map<string, Place[]> {
    const places = new Map<string, Place[]>();
    const mark = (moment: Moment | undefined, place: Place): void => {
      if (moment === undefined) return;
      const key = momentKey(moment);
      const known = places.get(key) ?? [];
      if (!known.includes(place)) places.set(key, [...known, place]);
    };
    for (const moments of this.#classes.values()) {
      mark(moments[0], 'first');
      mark(moments[moments.length >> 1], 'middle');
      mark(moments.at(-1), 'last');
    }
    return places;
  }
}
