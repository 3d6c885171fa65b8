/** What one lane measured in one child process: a number for each metric of its scenario, in the metric's unit. */
export type Figures = Readonly<Record<string, number>>;

/** How much work one child does and how often it is asked to. */
export interface Effort {
  /** Time spent on unmeasured work first, so that the optimising compiler is done before the clock starts. */
  readonly warmUpMs: number;
  /** Aimed-at length of the measured part; lanes choose their number of messages by it. */
  readonly measureMs: number;
  /** Multiplies the counts of scenarios that work by count, not by time: 1 in a full run. */
  readonly scale: number;
  /** How many children each lane gets, one after the other, with the other lanes' children in between. */
  readonly rounds: number;
}

/** `floor` is what the bare language does, `ours` is Holdfast, `rival` is somebody else's work with the same guarantees. */
export type LaneKind = 'floor' | 'ours' | 'rival';

export interface Lane {
  readonly name: string;
  readonly kind: LaneKind;
  /** Says why this lane cannot run on this machine, or `undefined` when it can. */
  readonly missing?: () => string | undefined;
  /**
   * Warms up, measures once and checks the result; runs in a child process of its own.
   *
   * Imports its lane's module dynamically, so that a child loads nothing of the other lanes.
   *
   * @throws Error when a message was lost or doubled: a lane that does less work must not win.
   */
  readonly measure: (effort: Effort) => Promise<Figures>;
}

export interface Metric {
  /** The key in `Figures` and the heading of the column, unit included. */
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** Digits after the point in the report. */
  readonly digits: number;
}

/** A promise about a ratio within one run: absolute numbers belong to a machine, ratios travel better. */
export interface RatioTarget {
  readonly lane: string;
  readonly against: string;
  /** The scenario's first metric unless given. */
  readonly metric?: string;
  /** The least `lane / against` where higher is better, the greatest where lower is better. */
  readonly ratio: number;
}

/** A promise in the unit of the metric, for what a user has a fixed budget of, such as memory. */
export interface AbsoluteTarget {
  readonly lane: string;
  readonly metric: string;
  /** The least value where higher is better, the greatest where lower is better. */
  readonly bound: number;
}

export type Target = RatioTarget | AbsoluteTarget;

export interface Scenario {
  readonly name: string;
  /** What every lane does, for the report. */
  readonly about: string;
  readonly metrics: readonly [Metric, ...Metric[]];
  /** The lane that the column of ratios divides by. */
  readonly floor: string;
  readonly lanes: readonly Lane[];
  readonly targets: readonly Target[];
}

function lanesOf(target: Target): readonly string[] {
  return 'against' in target ? [target.lane, target.against] : [target.lane];
}

/** Throws when a scenario names a lane or a metric that it does not have, or has two lanes of one name. */
export function checkScenario(scenario: Scenario): void {
  const names = new Set(scenario.lanes.map((lane) => lane.name));
  const metrics = new Set(scenario.metrics.map((metric) => metric.name));
  if (names.size !== scenario.lanes.length) throw new Error(`scenario "${scenario.name}" has two lanes of one name`);
  for (const name of [scenario.floor, ...scenario.targets.flatMap(lanesOf)]) {
    if (!names.has(name)) throw new Error(`scenario "${scenario.name}" has no lane "${name}"`);
  }
  for (const { metric } of scenario.targets) {
    if (metric !== undefined && !metrics.has(metric)) {
      throw new Error(`scenario "${scenario.name}" has no metric "${metric}"`);
    }
  }
}
