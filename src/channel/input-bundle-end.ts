import type { WaitedBundle } from './bundle-condition.ts';
import type { InputEnd } from './input-end.ts';

/** The consumer's end of a bundle: its lanes, and whose turn it is. Kept over restarts, so that no lane is served twice. */
export class InputBundleEnd implements WaitedBundle {
  readonly name: string;
  readonly lanes: readonly InputEnd[];
  firstLane = 0;
  /** Where a take looks first: at the lane that ended the wait, and then at the one behind the lane of the last take. */
  #takeFrom = 0;

  constructor(name: string, lanes: readonly InputEnd[]) {
    this.name = name;
    this.lanes = lanes;
  }

  served(lane: number): void {
    this.firstLane = this.#behind(lane);
    this.#takeFrom = lane;
  }

  hide(lane: number): void {
    this.lanes[lane]?.hide();
  }

  /** The end that the next message is taken from; undefined when none has one to see. */
  next(): InputEnd | undefined {
    const { lanes } = this;
    let lane = this.#takeFrom;
    for (let step = 0; step < lanes.length; step += 1) {
      const end = lanes[lane] as InputEnd;
      if (end.visible > 0) return end;
      lane = this.#behind(lane);
    }
    return undefined;
  }

  /** A message was taken from `end`: the others come before it now. */
  taken(end: InputEnd): void {
    this.firstLane = this.#behind(end.lane);
    this.#takeFrom = this.firstLane;
  }

  /** The lane that the message taken last in this turn came from; null while none was taken. */
  lastTaken(): InputEnd | null {
    let last: InputEnd | null = null;
    for (const end of this.lanes) {
      if (end.taken > 0 && (last === null || end.takenAs > last.takenAs)) last = end;
    }
    return last;
  }

  get visible(): number {
    let visible = 0;
    for (const end of this.lanes) visible += end.visible;
    return visible;
  }

  get drained(): boolean {
    return this.lanes.every((end) => end.drained);
  }

  #behind(lane: number): number {
    return lane + 1 < this.lanes.length ? lane + 1 : 0;
  }
}
