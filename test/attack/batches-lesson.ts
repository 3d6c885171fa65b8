/**
 * The lesson about several messages in a turn: a sorter rejects some, always fails at others and copies the even ones; a
 * ledger writes down what comes in two inputs, and fails at one message, which a rule of its own finds. Handlers get batches,
 * loops are isolated and look before they take.
 */
import { type ActorOptions, defineActor, input, type LoopContext, type MessageSlice, output } from 'holdfast';
import type { Style } from './lessons.ts';

export const NUMBERS: readonly number[] = Array.from({ length: 18 }, (_, number) => number);

const SORTER_SHOWSTOPPERS = [7, 12];
const LEDGER_SHOWSTOPPER = 9;

/** What the ledger has written down. */
export interface Written {
  sorted: number[];
  copies: number[];
}

const isRejected = (number: number): boolean => number % 5 === 0;
const isEven = (number: number): boolean => number % 2 === 0;

/** What must come out, sequentially. */
export function expectedLedger(): Written {
  const sorted = NUMBERS.filter((number) => !isRejected(number) && !SORTER_SHOWSTOPPERS.includes(number));
  return { sorted: sorted.filter((number) => number !== LEDGER_SHOWSTOPPER), copies: sorted.filter(isEven) };
}

export function expectedDead(): string[] {
  return NUMBERS.filter(isRejected).concat(SORTER_SHOWSTOPPERS, LEDGER_SHOWSTOPPER).map(String).sort();
}

interface Sorted {
  readonly sorted: { sendMany(numbers: Iterable<number>): void };
  readonly copies: { send(number: number): void };
}

export function sorter(style: Style, capacity: number, userCode: () => void) {
  const size = Math.min(3, capacity);
  const outputs = { sorted: output<number>(), copies: output<number>() };
  const sort = (
    numbers: MessageSlice<number> | readonly number[],
    out: Sorted,
    reject: (index: number, why: string) => void,
  ): void => {
    userCode();
    const good: number[] = [];
    let index = 0;
    for (const number of numbers) {
      if (isRejected(number)) reject(index, 'a multiple of five');
      else good.push(number);
      index += 1;
    }
    out.sorted.sendMany(good);
    for (const number of good) if (isEven(number)) out.copies.send(number);
    userCode();
    if (good.some((number) => SORTER_SHOWSTOPPERS.includes(number))) throw new Error('a showstopper');
  };
  switch (style) {
    case 'handler':
      return defineActor({
        inputs: { numbers: input<number>({ batch: { size, timeoutMs: 2 } }) },
        outputs,
        on: { numbers: (batch, ctx) => sort(batch, ctx.outputs, ctx.reject) },
      });
    case 'async':
      return defineActor({
        inputs: { numbers: input<number>({ batch: { size } }) },
        outputs,
        on: {
          numbers: async (batch, ctx) => {
            await ctx.effect('sort', () => Promise.resolve());
            sort(batch, ctx.outputs, ctx.reject);
            await Promise.resolve();
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        inputs: { numbers: input<number>() },
        outputs,
        run: async (ctx) => {
          const { numbers } = ctx.inputs;
          const some = numbers.avail(style === 'next' ? size : 1);
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const slice = numbers.peekMany(size);
            numbers.takeMany(slice.length);
            sort(slice, ctx.outputs, (index, why) => numbers.reject(index, why));
          }
        },
      });
  }
}

export function ledger(style: Style, capacity: number, userCode: () => void) {
  const size = Math.min(2, capacity);
  const state = (): Written => ({ sorted: [], copies: [] });
  const write = (list: number[], numbers: readonly number[]): void => {
    userCode();
    if (numbers.includes(LEDGER_SHOWSTOPPER)) throw new RangeError('a showstopper');
    list.push(...numbers);
    userCode();
  };
  const inputs = { sorted: input<number>(), copies: input<number>() };
  const loop = async (ctx: LoopContext<typeof inputs, Record<never, never>, Written, undefined>): Promise<void> => {
    const { sorted, copies } = ctx.inputs;
    // One, and not `size`: where the sorter waits for room for two, a wait for two of them would never end.
    const some = ctx.any(sorted.avail(), copies.avail());
    while (ctx.running()) {
      if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
      else await ctx.next(some);
      write(ctx.state.sorted, sorted.takeMany(size));
      if (style === 'next') await ctx.pause(ctx.any(copies.avail(), ctx.after(1)));
      write(ctx.state.copies, copies.takeMany(size));
    }
  };
  const batched = {
    sorted: input<number>({ batch: { size, timeoutMs: 3 } }),
    copies: input<number>({ batch: { size: capacity, timeoutMs: Infinity } }),
  };
  switch (style) {
    case 'handler':
      return defineActor({
        inputs: batched,
        state,
        on: {
          sorted: (batch, ctx) => write(ctx.state.sorted, batch),
          copies: (batch, ctx) => write(ctx.state.copies, batch),
        },
      });
    case 'async':
      return defineActor({
        inputs: batched,
        state,
        on: {
          sorted: async (batch, ctx) => {
            await Promise.resolve();
            write(ctx.state.sorted, batch);
          },
          copies: async (batch, ctx) => {
            write(ctx.state.copies, batch);
            await ctx.effect('write', () => Promise.resolve());
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({ inputs, state, run: loop });
  }
}

export const LEDGER_OPTIONS: ActorOptions = {
  isolate: true,
  showstopper: (inHand, error) =>
    error instanceof RangeError ? inHand.findIndex(({ message }) => message === LEDGER_SHOWSTOPPER) : 'default',
};
