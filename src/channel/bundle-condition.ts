import { checkInteger, invalidOption } from '../base/options.ts';
import { AllCondition, type Condition, type DueBeat, type LanedCondition, type Waker } from './condition.ts';

/** `bundle.avail(counts)`, `bundle.vacant(counts)` or `sameLane(...)`: a lane is ready. */
export interface BundleCondition extends Condition {
  /** How many lanes there are. */
  readonly length: number;
}

/** A bundle, as far as waits go. */
export interface WaitedBundle {
  /** The lane that a wait looks at first: the one behind the lane that was served last. */
  readonly firstLane: number;
  /** A wait ended with this lane. */
  served(lane: number): void;
  /** The turn sees nothing of this lane, which another one came before. */
  hide(lane: number): void;
}

/** Lanes named in a description: a bundle may have hundreds. */
const DESCRIBED_MAX = 8;

/**
 * A lane is ready, or every lane.
 *
 * Over the lanes it is an `any`, in which a drained one is no candidate; within a lane, where `sameLane` asks for several
 * things, it is an `all`.
 */
export class LanesCondition implements BundleCondition, LanedCondition {
  readonly isCondition = true;
  readonly timed = false;
  readonly laned = true;
  readonly readsInputs: boolean;
  /** What is asked of each lane; null for one that is not to be looked at. */
  readonly #lanes: readonly (Condition | null)[];
  /** The first says where the look for a lane begins; all hear which lane it was. */
  readonly #bundles: readonly WaitedBundle[];
  readonly #wanted: 'one' | 'every';

  constructor(bundles: readonly WaitedBundle[], lanes: readonly (Condition | null)[], wanted: 'one' | 'every' = 'one') {
    this.#bundles = bundles;
    this.#lanes = lanes;
    this.#wanted = wanted;
    this.readsInputs = lanes.some((lane) => lane?.readsInputs === true);
  }

  /** `sameLane(...)`: a lane that is ready in every one of `conditions`. */
  static same(conditions: readonly BundleCondition[]): LanesCondition {
    const [first, ...others] = conditions.map(checkLanes);
    if (first === undefined) throw invalidOption('sameLane: number of conditions', 'an integer of 1 or more', 0);
    for (const other of others)
      checkInteger('sameLane: lanes of each condition', other.length, first.length, first.length);
    const all = [first, ...others];
    const lanes = first.#lanes.map((_, lane) => {
      const parts = all.map((condition) => condition.#lanes[lane] ?? null).filter((part) => part !== null);
      return parts.length === all.length ? new AllCondition(parts) : null;
    });
    if (lanes.every((lane) => lane === null)) {
      throw invalidOption('sameLane: counts', '1 or more for the same lane in every condition', '0 in one of them');
    }
    return new LanesCondition(
      all.flatMap((condition) => condition.#bundles),
      lanes,
    );
  }

  get length(): number {
    return this.#lanes.length;
  }

  holds(drainedIsMet: boolean): boolean {
    if (this.#wanted === 'every') return this.#lanes.every((lane) => lane === null || lane.holds(true));
    return this.#ready() >= 0 || (drainedIsMet && this.isSpent());
  }

  lane(): number {
    return this.#wanted === 'every' ? -1 : this.#ready();
  }

  served(narrowed: boolean): void {
    const lane = this.lane();
    if (lane < 0) return;
    for (const bundle of this.#bundles) {
      bundle.served(lane);
      if (!narrowed) continue;
      // Lanes that the wait did not look at may be read all the same, so they stay as they are.
      this.#lanes.forEach((looked, other) => looked !== null && other !== lane && bundle.hide(other));
    }
  }

  isSpent(): boolean {
    return this.readsInputs && this.#lanes.every((lane) => lane === null || lane.isSpent());
  }

  attach(waker: Waker): void {
    for (const lane of this.#lanes) lane?.attach(waker);
  }

  collectDue(_beats: DueBeat[]): void {}

  noteAsked(): void {
    for (const lane of this.#lanes) lane?.noteAsked();
  }

  timePassed(): boolean {
    return false;
  }

  describe(): string {
    const open = this.#lanes.filter((lane) => lane !== null && !lane.isSpent());
    const named = open.slice(0, DESCRIBED_MAX).map((lane) => lane?.describe());
    const more = open.length > named.length ? `; and ${open.length - named.length} more` : '';
    return `${this.#wanted} lane of (${named.join('; ')}${more})`;
  }

  #ready(): number {
    const lanes = this.#lanes;
    const first = this.#bundles[0]?.firstLane ?? 0;
    for (let step = 0; step < lanes.length; step += 1) {
      const index = first + step < lanes.length ? first + step : first + step - lanes.length;
      const lane = lanes[index];
      if (lane?.holds(false) === true && !lane.isSpent()) return index;
    }
    return -1;
  }
}

function checkLanes(condition: unknown): LanesCondition {
  if (condition instanceof LanesCondition) return condition;
  throw invalidOption('sameLane: condition', 'that of a bundle, such as bundle.avail()', condition);
}

/**
 * What is asked of each lane, made by `of` from a lane's place and its count.
 *
 * @throws HoldfastError `ERR_INVALID_OPTION`, or what `of` throws.
 */
export function laneConditions(
  verb: string,
  lanes: number,
  counts: number | readonly number[],
  of: (lane: number, count: number) => Condition,
): (Condition | null)[] {
  if (typeof counts === 'number') return Array.from({ length: lanes }, (_, lane) => of(lane, counts));
  if (!Array.isArray(counts) || counts.length !== lanes) {
    throw invalidOption(`${verb}: counts`, `a number, or an array of ${lanes}, one for each lane`, counts);
  }
  const conditions = Array.from({ length: lanes }, (_, lane) => {
    const count = checkInteger(`${verb}: count of lane ${lane}`, counts[lane], 0);
    return count === 0 ? null : of(lane, count);
  });
  if (conditions.some((condition) => condition !== null)) return conditions;
  throw invalidOption(`${verb}: counts`, '1 or more for at least one lane, or nothing could ever be ready', 0);
}
