import { checkInteger } from '../base/options.ts';
import { type BundleCondition, laneConditions, LanesCondition } from '../channel/bundle-condition.ts';
import { AvailCondition, VacantCondition } from '../channel/condition.ts';
import type { InputBundleEnd } from '../channel/input-bundle-end.ts';
import type { InputEnd } from '../channel/input-end.ts';
import type { OutputEnd } from '../channel/output-end.ts';
import { laneOf, type PartitionKey } from '../channel/partition.ts';
import type { Input, InputBundle, Output, OutputBundle } from '../channel/port.ts';
import type { Fence } from './fence.ts';
import type { OutputBundleEnd } from './output-bundle-end.ts';
import type { Turn } from './turn.ts';
import { checkCount, checkMax, InputView, OutputView, rejectTaken } from './views.ts';

/** An input bundle as one context sees it. */
export class InputBundleView implements InputBundle<unknown> {
  readonly #fence: Fence;
  readonly #turn: Turn;
  readonly #end: InputBundleEnd;
  readonly #lanes: InputView[] = [];
  /** `avail(n)` by n. */
  readonly #avail: BundleCondition[] = [];

  constructor(fence: Fence, turn: Turn, end: InputBundleEnd) {
    this.#fence = fence;
    this.#turn = turn;
    this.#end = end;
  }

  get length(): number {
    return this.#end.lanes.length;
  }

  lane(index: number): Input<unknown> {
    const known = this.#lanes[index];
    if (known !== undefined) return known;
    const end = laneAt(this.#end, index);
    return (this.#lanes[index] = new InputView(this.#fence, this.#turn, end));
  }

  *[Symbol.iterator](): Iterator<Input<unknown>> {
    for (let index = 0; index < this.length; index += 1) yield this.lane(index);
  }

  peek(): unknown {
    this.#fence.check('peek');
    return this.#end.next()?.peek(0);
  }

  take(): unknown {
    this.#fence.check('take');
    return this.#take();
  }

  takeMany(max: number): readonly unknown[] {
    this.#fence.check('take');
    const count = Math.min(checkMax('takeMany', max), this.#end.visible);
    const messages: unknown[] = [];
    for (let taken = 0; taken < count; taken += 1) messages.push(this.#take());
    return messages;
  }

  #take(): unknown {
    const end = this.#end.next();
    if (end === undefined) return undefined;
    this.#end.taken(end);
    return this.#turn.take(end);
  }

  reject(reason: string): void {
    this.#fence.check('reject');
    rejectTaken(this.#turn, this.#end.lastTaken(), [reason]);
  }

  avail(counts: number | readonly number[] = 1): BundleCondition {
    if (typeof counts !== 'number') return this.#availOf(counts);
    return (this.#avail[counts] ??= this.#availOf(counts));
  }

  #availOf(counts: number | readonly number[]): BundleCondition {
    const { lanes } = this.#end;
    const conditions = laneConditions('avail', lanes.length, counts, (lane, count) => {
      const end = lanes[lane] as InputEnd;
      return new AvailCondition(end, checkCount(end.ring, 'avail', count));
    });
    return new LanesCondition([this.#end], conditions);
  }

  isEmpty(): boolean {
    return this.#end.visible <= 0;
  }

  isDrained(): boolean {
    return this.#end.drained;
  }

  get size(): number {
    return this.#end.visible;
  }
}

/** An output bundle as one context sees it. */
export class OutputBundleView implements OutputBundle<unknown> {
  readonly #fence: Fence;
  readonly #end: OutputBundleEnd;
  readonly #lanes: OutputView[] = [];
  /** `vacant(n)` by n. */
  readonly #vacant: BundleCondition[] = [];

  constructor(fence: Fence, end: OutputBundleEnd) {
    this.#fence = fence;
    this.#end = end;
  }

  get length(): number {
    return this.#end.lanes.length;
  }

  lane(index: number): Output<unknown> {
    return (this.#lanes[index] ??= new OutputView(this.#fence, laneAt(this.#end, index)));
  }

  *[Symbol.iterator](): Iterator<Output<unknown>> {
    for (let index = 0; index < this.length; index += 1) yield this.lane(index);
  }

  send(message: unknown): void {
    this.#fence.check('send');
    this.#end.stage(message);
  }

  sendMany(messages: Iterable<unknown>): void {
    this.#fence.check('send');
    this.#end.stageMany(messages);
  }

  vacant(counts: number | readonly number[] = 1): BundleCondition {
    if (typeof counts !== 'number') return this.#vacantOf(counts);
    return (this.#vacant[counts] ??= this.#vacantOf(counts));
  }

  #vacantOf(counts: number | readonly number[]): BundleCondition {
    const { lanes, route } = this.#end;
    const conditions = laneConditions('vacant', lanes.length, counts, (lane, count) => {
      const end = lanes[lane] as OutputEnd;
      return new VacantCondition(end.lead, checkCount(end.ring, 'vacant', count));
    });
    return new LanesCondition([this.#end], conditions, route.kind === 'everyLane' ? 'every' : 'one');
  }

  laneOf(key: PartitionKey): number {
    return laneOf(key, this.length);
  }

  close(): void {
    this.#fence.check('close');
    this.#end.stageClose();
  }
}

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
function laneAt<End>({ name, lanes }: { readonly name: string; readonly lanes: readonly End[] }, index: number): End {
  return lanes[checkInteger(`lane of "${name}"`, index, 0, lanes.length - 1)] as End;
}
