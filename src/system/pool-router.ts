import type { ChildEvent, ChildEventAnswer } from '../actor/child-event.ts';
import type { LoopContext } from '../actor/context.ts';
import { defineActor, input, type None } from '../actor/definition.ts';
import type { ReplyPort } from '../actor/reply-port.ts';
import type { PoolCell, PoolInputs } from './pool-cell.ts';
import type { PoolSettings } from './pool-options.ts';
import { PoolChoice } from './pool-choice.ts';
import { PoolWorkers } from './pool-workers.ts';
import { type HeldUp, type Resizing, RouterCondition, WorkersGone } from './pool-waits.ts';
import type { AnyDefinition } from './wired-cell.ts';

/** That a pool is to have another size. */
export interface ResizeOrder {
  readonly size: number;
  readonly reply: ReplyPort<void>;
}

/** What a pool keeps over restarts. */
export interface PoolState {
  /** How many workers get messages. */
  size: number;
  /** How many did before the resize that is under way; 0 while there is none. */
  before: number;
  /**
   * With `byKey`, how far the mailbox of each of those was filled then: a message of a key that has moved waits until its old worker
   * has come so far.
   */
  marks: number[];
  /** Whoever waits for the end of the resize. */
  reply: ReplyPort<void> | null;
}

/** What the children of a pool are made of. */
export interface WorkerPlan {
  readonly definition: AnyDefinition;
  readonly wiring: object;
  readonly options: object;
}

export type RouterContext = LoopContext<PoolInputs, None, PoolState, undefined>;

/** Orders to resize that wait for the one before: whoever has another waits outside. */
const ORDERS_MAX = 16;
/** Messages that one turn hands on at the most: a crash in between undoes no more. */
const PER_TURN = 64;
/** A worker that has gone again within this time is made again after it: one that does not want to run must not keep the pool busy. */
const REMAKE_MS = 1_000;

/** The output of a router that holds open where its workers send by `port`. */
export function heldPort(port: string): string {
  return `workers.${port}`;
}

/**
 * The actor in front of the workers of a pool, which owns them. It sends where they send as well, though it never does: a channel of
 * theirs must not close while there is no worker for a moment.
 */
export function routerOf(settings: PoolSettings, workers: WorkerPlan): AnyDefinition {
  const { size, capacity, supervises } = settings;
  const loop = defineActor({
    inputs: { mailbox: input<unknown>({ capacity }), control: input<ResizeOrder>({ capacity: ORDERS_MAX }) },
    outputs: Object.fromEntries(
      Object.entries(workers.definition.outputs).flatMap(([port, spec]) => {
        return spec.kind === 'outputPort' ? [] : [[heldPort(port), spec]]; // that one is wired to nobody
      }),
    ),
    state: (): PoolState => ({ size, before: 0, marks: [], reply: null }),
    onStart(ctx) {
      const cell = cellOf(ctx);
      const { state } = ctx;
      for (let number = 0; number < state.size; number += 1) spawn(ctx, workers, number);
      // Those that were leaving when the last incarnation ended go on with that.
      cell.workersByNumber().forEach((worker, number) => {
        if (worker === undefined || worker.ended || number < state.size || number >= state.before) return;
        spawn(ctx, workers, number);
        ctx.stopChild(String(number), { drain: true });
      });
    },
    run: (ctx) => new PoolRouter(settings, workers, ctx).run(),
  });
  const onChildEvent = (event: ChildEvent, ctx: { readonly self: unknown }): ChildEventAnswer => {
    cellOf(ctx).isStale = true;
    // Whatever its restart type: what it has in its mailbox is for nobody else.
    return event.exit === undefined || event.exit.kind === 'completed' ? 'default' : 'restart';
  };
  // Loops own no children otherwise; this one never waits inside a turn, so that it can be told of them at any time.
  const owns = Object.freeze({ supervises, onChildEvent });
  const behaviour = Object.freeze({ ...loop.behaviour, owns });
  return Object.freeze({ ...loop, behaviour }) as unknown as AnyDefinition;
}

function cellOf({ self }: { readonly self: unknown }): PoolCell {
  return self as PoolCell; // its place is made so
}

function spawn({ spawn: place }: Pick<RouterContext, 'spawn'>, workers: WorkerPlan, number: number): void {
  place(String(number), workers.definition as never, workers.wiring as never, workers.options as never);
}

/** One incarnation of the router. Every message is handed on when a worker has room for it, and not before. */
class PoolRouter implements Resizing {
  readonly #ctx: RouterContext;
  readonly #plan: WorkerPlan;
  readonly #cell: PoolCell;
  readonly #choice: PoolChoice;
  readonly #workers: PoolWorkers;
  readonly #condition: RouterCondition;
  /** As in the state. */
  #before = 0;
  /** When a worker may be made again that has gone for good. */
  readonly #remakeAtMs: number[] = [];

  constructor(settings: PoolSettings, plan: WorkerPlan, ctx: RouterContext) {
    this.#ctx = ctx;
    this.#plan = plan;
    this.#cell = cellOf(ctx);
    this.#cell.isStale = true;
    this.#workers = new PoolWorkers(this.#cell);
    this.#choice = new PoolChoice(settings, this.#workers);
    this.#condition = new RouterCondition(this.#cell, ctx.inputs, this);
  }

  async run(): Promise<void> {
    const ctx = this.#ctx;
    for (;;) {
      const condition = this.#waits();
      const { kind } = ctx.tryNext(condition) ?? (await ctx.next(condition));
      if (kind === 'drained') break;
      this.#turn();
    }
    await this.#drainWorkers();
  }

  /** What it waits for: where a worker has gone that must not be made again yet, some time as well. */
  #waits(): Parameters<RouterContext['next']>[0] {
    const ctx = this.#ctx;
    const dueMs = this.#missing().reduce((first, number) => Math.min(first, this.#remakeAtMs[number] ?? 0), Infinity);
    if (dueMs === Infinity) return this.#condition;
    return ctx.any(this.#condition, ctx.after(Math.max(1, dueMs - ctx.nowMs())));
  }

  #turn(): void {
    const condition = this.#condition;
    condition.heldUp = undefined;
    if (this.#cell.isStale) this.#lookAgain();
    if (this.#remake()) return; // in the next turn the workers are there
    if (this.#before > 0) {
      if (this.isSettled) this.#settle();
    } else if (!this.#ctx.inputs.control.isEmpty()) {
      this.#resize();
      return; // as above
    }
    if (!this.#cell.isStale) condition.heldUp = this.#route();
  }

  #lookAgain(): void {
    const { state } = this.#ctx;
    this.#cell.isStale = false;
    this.#before = state.before;
    this.#workers.refresh(state.size);
    this.#choice.resizing(state.before, state.marks);
  }

  // --- Messages -----------------------------------------------------------------------------------------------------

  /** @returns what holds up the next message; undefined if nothing does. */
  #route(): HeldUp | undefined {
    const { mailbox } = this.#ctx.inputs;
    for (let count = 0; count < PER_TURN; count += 1) {
      const message = mailbox.peek();
      if (message === undefined) return undefined;
      const chosen = this.#choice.of(message);
      switch (chosen.kind) {
        case 'wait':
          return chosen.heldUp;
        case 'nobody':
          mailbox.take();
          mailbox.reject(chosen.why);
          break;
        case 'worker':
          if (!this.#workers.mayStage(chosen.number)) return undefined;
          mailbox.take();
          this.#workers.stage(chosen.number, message);
      }
      this.#choice.decided();
    }
    return undefined;
  }

  // --- Workers ------------------------------------------------------------------------------------------------------

  /** The numbers of those that have gone for good, and are to be made again: in a graph that stops, only if there is something to do. */
  #missing(): readonly number[] {
    return this.#cell.isStopping && this.#ctx.inputs.mailbox.isEmpty() ? [] : this.#workers.missing;
  }

  /** @returns whether any is made again. */
  #remake(): boolean {
    const { state } = this.#ctx;
    let isMade = false;
    const nowMs = this.#ctx.nowMs();
    for (const number of this.#missing()) {
      if (nowMs < (this.#remakeAtMs[number] ?? 0)) continue;
      this.#remakeAtMs[number] = nowMs + REMAKE_MS;
      spawn(this.#ctx, this.#plan, number);
      if (state.before > 0) state.marks[number] = 0; // nothing is left of what it had
      isMade = true;
    }
    if (isMade) this.#cell.isStale = true;
    return isMade;
  }

  #resize(): void {
    const { inputs, reply, state, stopChild } = this.#ctx;
    const order = inputs.control.take();
    if (order === undefined || order.size === state.size) {
      if (order !== undefined) reply(order.reply);
      return;
    }
    for (let number = state.size; number < order.size; number += 1) spawn(this.#ctx, this.#plan, number);
    for (let number = order.size; number < state.size; number += 1) {
      if (this.#workers.isThere(number)) stopChild(String(number), { drain: true });
    }
    state.before = state.size;
    state.marks = this.#choice.isByKey ? this.#workers.tails() : [];
    state.size = order.size;
    state.reply = order.reply;
    this.#cell.isStale = true;
  }

  get isUnderWay(): boolean {
    return this.#before > 0;
  }

  get rings(): Resizing['rings'] {
    // Whoever ends is told to those who wait for room.
    return [...this.#choice.notYetMoved(), ...this.#workers.ringsOfLeaving()];
  }

  /** Those that leave are gone, and those that stay have done what they had where that matters. */
  get isSettled(): boolean {
    return this.#workers.leaving.every(({ ended }) => ended) && this.#choice.hasMoved;
  }

  #settle(): void {
    const { reply, state } = this.#ctx;
    if (state.reply !== null) reply(state.reply);
    state.before = 0;
    state.marks = [];
    state.reply = null;
    this.#before = 0;
    this.#choice.resizing(0, []);
  }

  /** Nothing more will come: they work off what they have. */
  async #drainWorkers(): Promise<void> {
    const workers = this.#cell.workersByNumber().filter((worker) => worker !== undefined && !worker.ended);
    for (const worker of workers) this.#ctx.stopChild((worker as { readonly id: string }).id, { drain: true });
    if (workers.length > 0) await this.#ctx.next(new WorkersGone(this.#cell));
  }
}
