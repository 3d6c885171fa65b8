/**
 * A lesson of timers: a desk sets a reminder for each order, and takes every other one back with a later order. Wherever a
 * crash comes, each order is reminded of once or taken back, and never both: once a turn has cancelled a timer, nothing comes
 * of it any more. A beat goes on all the while, and each is told of or counted as missed once.
 */
import { defineActor, input, type TimerFiring, type Timers } from 'holdfast';
import type { Style } from './lessons.ts';

const ORDERED: readonly number[] = Array.from({ length: 12 }, (_, order) => order);
/** So many orders come at once, and each takes back the last of those before, if it is so far. */
const TOGETHER = 4;
const BEAT = -1;
const BEAT_MS = 3;

interface Clock {
  sleep(ms: number): Promise<void>;
}

/** Some orders every millisecond. */
export async function* orderEach(clock: Clock): AsyncGenerator<number> {
  for (const order of ORDERED) {
    if (order % TOGETHER === 0) await clock.sleep(1);
    yield order;
  }
}

export interface Reminders {
  reminded: number[];
  takenBack: number[];
  beats: number;
}

function isTakenBack(order: number): boolean {
  return order >= 0 && order % 2 === 1;
}

/** What is wrong with what the desk has at the end, `nowMs` after the start. */
export function reminderFaults({ reminded, takenBack, beats }: Reminders, nowMs: number): string[] {
  const faults: string[] = [];
  const all = [...reminded, ...takenBack].sort((a, b) => a - b);
  if (JSON.stringify(all) !== JSON.stringify(ORDERED)) faults.push(`orders ${ORDERED.join()}, found ${all.join()}`);
  const others = takenBack.filter((order) => !isTakenBack(order));
  if (others.length > 0) faults.push(`nobody takes back ${others.join()}`);
  if (beats < 1 || beats > nowMs / BEAT_MS) faults.push(`${beats} beats in ${nowMs} ms`);
  return faults;
}

type Inputs = {
  readonly mailbox: ReturnType<typeof input<number>>;
  readonly orders: ReturnType<typeof input<number>>;
};

interface DeskTurn {
  readonly state: Reminders;
  readonly timers: Timers<Inputs>;
  readonly firing: TimerFiring | undefined;
  requestShutdown(): void;
}

/**
 * A turn with an order takes a while in two of the styles: meanwhile timers fire that it, or the next one, cancels.
 *
 * @param capacity - Of its mailbox.
 */
export function reminder(style: Style, capacity: number, clock: Clock, userCode: () => void) {
  const ports = {
    inputs: { mailbox: input<number>({ capacity }), orders: input<number>() },
    state: (): Reminders => ({ reminded: [], takenBack: [], beats: 0 }),
  };
  const order = (id: number, { timers, state }: DeskTurn): void => {
    userCode();
    if (!timers.has('beat')) timers.every('beat', BEAT_MS, BEAT, { input: 'mailbox' });
    timers.once(`order ${id}`, 1, id, { input: 'mailbox' });
    const other = id - TOGETHER + 1;
    if (isTakenBack(other)) {
      timers.cancel(`order ${other}`);
      if (!state.reminded.includes(other)) state.takenBack.push(other);
    }
    userCode();
  };
  const remind = (id: number, { state, firing, requestShutdown }: DeskTurn): void => {
    userCode();
    if (id !== BEAT) state.reminded.push(id);
    else state.beats += 1 + (firing?.missed ?? Number.NaN);
    if (state.beats > 0 && state.reminded.length + state.takenBack.length === ORDERED.length) requestShutdown();
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { mailbox: remind, orders: order } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          async mailbox(id, ctx) {
            await ctx.effect('reading', () => undefined);
            remind(id, ctx);
          },
          async orders(id, ctx) {
            order(id, ctx);
            await ctx.effect('writing', () => clock.sleep(1));
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        async run(ctx) {
          const { mailbox, orders } = ctx.inputs;
          const some = ctx.any(mailbox.avail(), orders.avail());
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const due = mailbox.take();
            if (due !== undefined) remind(due, ctx);
            const id = due === undefined ? orders.take() : undefined;
            if (id === undefined) continue;
            if (style === 'next') await ctx.pause(ctx.after(1));
            order(id, ctx);
          }
        },
      });
  }
}
