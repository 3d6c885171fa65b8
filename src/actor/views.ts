import { checkInteger, invalidOption } from '../base/options.ts';
import { AvailCondition, type Condition, VacantCondition } from '../channel/condition.ts';
import type { InputEnd } from '../channel/input-end.ts';
import { type OutputEnd, overCapacity } from '../channel/output-end.ts';
import type { Input, Output, Replayable } from '../channel/port.ts';
import type { Ring } from '../channel/ring.ts';
import type { Fence } from './fence.ts';
import { SliceView } from './slice-view.ts';
import type { Turn } from './turn.ts';

export type RejectArguments = readonly [reason: string] | readonly [index: number, reason: string];

/** `reject(reason)` for the message taken last, `reject(index, reason)` for any of those taken. */
export function rejectTaken(turn: Turn, end: InputEnd | null, args: RejectArguments): void {
  if (args.length === 2) turn.reject(end, args[0], args[1]);
  else if (end?.batch === undefined) turn.reject(end, (end?.taken ?? 0) - 1, args[0]);
  else throw turn.poisoned(invalidOption('reject: index', 'the place of a message in the batch', args[0]));
}

/** An input as one context sees it. */
export class InputView implements Input<unknown> {
  readonly #fence: Fence;
  readonly #turn: Turn;
  readonly #end: InputEnd;
  /** `avail(n)` by n: most loops ask for the same number every time. */
  readonly #avail: Condition[] = [];

  constructor(fence: Fence, turn: Turn, end: InputEnd) {
    this.#fence = fence;
    this.#turn = turn;
    this.#end = end;
  }

  peek(offset: number = 0): unknown {
    this.#fence.check('peek');
    return this.#end.peek(offset);
  }

  peekMany(max: number): SliceView {
    this.#fence.check('peek');
    const count = Math.max(0, Math.min(checkMax('peekMany', max), this.#end.visible));
    this.#end.peekMany(count);
    return new SliceView(this.#fence, this.#end, count);
  }

  take(): unknown {
    this.#fence.check('take');
    return this.#turn.take(this.#end);
  }

  takeMany(max: number): readonly unknown[] {
    this.#fence.check('take');
    return this.#turn.takeMany(this.#end, Math.min(checkMax('takeMany', max), this.#end.visible));
  }

  reject(...args: RejectArguments): void {
    this.#fence.check('reject');
    rejectTaken(this.#turn, this.#end, args);
  }

  avail(count: number = 1): Condition {
    return (this.#avail[count] ??= new AvailCondition(this.#end, checkCount(this.#end.ring, 'avail', count)));
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

  get capacity(): number {
    return this.#end.ring.capacity;
  }
}

/** An output as one context sees it. */
export class OutputView implements Output<unknown> {
  readonly #fence: Fence;
  readonly #end: OutputEnd;
  readonly #vacant: Condition[] = [];

  constructor(fence: Fence, end: OutputEnd) {
    this.#fence = fence;
    this.#end = end;
  }

  send(message: unknown): void {
    this.#fence.check('send');
    this.#end.stage(message);
  }

  sendMany(messages: Iterable<unknown>): void {
    this.#fence.check('send');
    this.#end.stageMany(messages);
  }

  replay(letter: Replayable, message?: unknown): void {
    this.#fence.check('send');
    this.#end.stageReplay(letter, message);
  }

  vacant(count: number = 1): Condition {
    return (this.#vacant[count] ??= new VacantCondition(this.#end.lead, checkCount(this.#end.ring, 'vacant', count)));
  }

  get room(): number {
    const { ring, count } = this.#end.lead;
    return Math.max(0, ring.limit - ring.size - count);
  }

  close(): void {
    this.#fence.check('close');
    this.#end.stageClose();
  }

  get capacity(): number {
    return this.#end.ring.capacity;
  }
}

/** Infinity means all there are. */
export function checkMax(verb: string, max: number): number {
  return max === Infinity ? max : checkInteger(`${verb}: max`, max, 0);
}

export function checkCount(ring: Ring, verb: string, count: number): number {
  checkInteger(`${verb}: count`, count, 1);
  if (count > ring.capacity) throw overCapacity(ring, count);
  ring.demand(count);
  return count;
}
