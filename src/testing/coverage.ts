import { FNV_OFFSET, fnv1a } from '../base/fnv1a.ts';
import type { Graph } from '../system/graph.ts';
import { STEP_POINTS, type StepPoint } from './crash-points.ts';
import type { Fault, FaultKind, Moment } from './faults.ts';

/** How full a channel next to an actor is. */
export type Fill = 'empty' | 'part' | 'full';

/** Which of the moments of its kind in a run one is. */
export type Place = 'first' | 'middle' | 'last';

/** What was tried at one kind of step. */
export interface PointCoverage {
  /** Times that a run came to it. */
  readonly visits: number;
  /** Times that code of an actor threw there. */
  readonly throws: number;
  /** Times that somebody was killed there. */
  readonly kills: number;
  /** Crashes there in runs that had gone different ways until then: many at one moment of one run count once. */
  readonly distinct: number;
  /** Crashes by how full a channel next to the actor was and, for those at every step, by the place in the run. */
  readonly classes: Readonly<Record<string, number>>;
}

interface Counts {
  visits: number;
  throws: number;
  kills: number;
  distinct: number;
  readonly classes: Record<string, number>;
}

/** What an exploration has tried. */
export class Coverage {
  readonly #points = new Map<StepPoint, Counts>();
  readonly #faults = new Map<FaultKind, number>();
  readonly #ways = new Set<number>();
  /** Hashes of 53 bits: texts would take a hundred bytes each. */
  readonly #crashes = new Set<number>();
  /** Runs that were made. */
  runs = 0;
  /** Steps of all of them together. */
  steps = 0;

  /** Runs that went different ways. */
  get schedules(): number {
    return this.#ways.size;
  }

  /** Throws and kills together. */
  get crashes(): number {
    return (this.#faults.get('crash') ?? 0) + (this.#faults.get('kill') ?? 0);
  }

  /** Throws and kills that came at different moments, or in runs that had gone different ways until then. */
  get distinctCrashes(): number {
    return this.#crashes.size;
  }

  /** How often each kind of fault has fired; those that never did are absent. */
  get faults(): Readonly<Partial<Record<FaultKind, number>>> {
    return Object.fromEntries(this.#faults);
  }

  /** By point; those that no run came to are absent. */
  get points(): Readonly<Partial<Record<StepPoint, PointCoverage>>> {
    return Object.fromEntries(this.#points);
  }

  /** @internal */
  visited({ point }: Moment): void {
    this.#countsOf(point).visits += 1;
  }

  /**
   * @internal
   *
   * @param hash - The way that the run had gone.
   * @param places - Where in its run the moment is, where that is known.
   */
  fired(fault: Fault, hash: number, graph: Graph, places: readonly Place[]): void {
    this.#faults.set(fault.kind, (this.#faults.get(fault.kind) ?? 0) + 1);
    if (fault.kind !== 'crash' && fault.kind !== 'kill') return;
    const { at } = fault;
    const counts = this.#countsOf(at.point);
    if (fault.kind === 'crash') counts.throws += 1;
    else counts.kills += 1;
    const crash = hashOf(`${at.point} ${fault.kind} ${at.actor} ${at.occurrence} ${hash}`);
    if (!this.#crashes.has(crash)) counts.distinct += 1;
    this.#crashes.add(crash);
    for (const fill of new Set(fillsNear(graph, at.actor).map(([, fill]) => fill))) {
      for (const name of places.length === 0 ? [fill] : places.map((place) => `${fill} ${place}`)) {
        counts.classes[name] = (counts.classes[name] ?? 0) + 1;
      }
    }
  }

  /** @internal */
  ended(steps: number, hash: number): void {
    this.runs += 1;
    this.steps += steps;
    this.#ways.add(hash);
  }

  /** Adds what another exploration has tried. */
  add(other: Coverage): void {
    this.runs += other.runs;
    this.steps += other.steps;
    for (const way of other.#ways) this.#ways.add(way);
    for (const crash of other.#crashes) this.#crashes.add(crash);
    for (const [kind, count] of other.#faults) this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count);
    for (const [point, { visits, throws, kills, distinct, classes }] of other.#points) {
      const counts = this.#countsOf(point);
      counts.visits += visits;
      counts.throws += throws;
      counts.kills += kills;
      counts.distinct += distinct;
      for (const [name, count] of Object.entries(classes)) counts.classes[name] = (counts.classes[name] ?? 0) + count;
    }
  }

  /** A table in words: what was tried, point by point. */
  toString(): string {
    const faults = Object.entries(this.faults).map(([kind, count]) => `${kind} ${count}`);
    const head = `${this.runs} runs, ${this.schedules} different ways, ${this.steps} steps; faults: ${faults.join(', ') || 'none'}; ${this.distinctCrashes} distinct crashes`;
    const rows = (Object.keys(STEP_POINTS) as StepPoint[]).flatMap((point) => {
      const counts = this.#points.get(point);
      if (counts === undefined) return [];
      const { visits, throws, kills, distinct } = counts;
      return [
        [point.padEnd(28), ...[visits, throws, kills, distinct].map((count) => String(count).padStart(10))].join(''),
      ];
    });
    const titles = ['step'.padEnd(28), ...['visits', 'throws', 'kills', 'distinct'].map((name) => name.padStart(10))];
    return [head, titles.join(''), ...rows].join('\n');
  }

  #countsOf(point: StepPoint): Counts {
    const known = this.#points.get(point);
    if (known !== undefined) return known;
    const counts = { visits: 0, throws: 0, kills: 0, distinct: 0, classes: {} };
    this.#points.set(point, counts);
    return counts;
  }
}

/** Two hashes with different beginnings. */
function hashOf(text: string): number {
  return (fnv1a(FNV_OFFSET, text) >>> 11) * 2 ** 32 + (fnv1a(0xcbf29ce4, text) >>> 0);
}

/** How full the channels next to an actor are. One without channels counts as one with an empty one. */
export function fillsNear(graph: Graph, actor: string): readonly (readonly [channel: string, fill: Fill])[] {
  const found = graph.backstage.cells.get(actor)?.actor;
  const rings = new Set([...(found?.inputs ?? []), ...(found?.outputs ?? [])].map(({ ring }) => ring));
  if (rings.size === 0) return [['none', 'empty']];
  return [...rings].map(({ name, size, capacity }) => [name, size === 0 ? 'empty' : size < capacity ? 'part' : 'full']);
}
