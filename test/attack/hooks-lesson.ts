/**
 * The lesson of the hooks: a clerk who works in shifts of three numbers. Each shift opens and closes with a line of its own in
 * the log, and asks to exit when it is over; the clerk comes back for the next one, and sooner where a shift has failed.
 */
import { defineActor, input, output } from 'holdfast';
import type { HookContext, OutputSpec } from 'holdfast';
import type { Style } from './lessons.ts';

export const PAGES: readonly number[] = Array.from({ length: 14 }, (_, page) => page);
/** The clerk always fails at this one. */
export const CLERK_SHOWSTOPPER = 7;
const PAGES_IN_SHIFT = 3;

interface Shifts {
  /** Shifts that have opened. */
  shifts: number;
  /** Pages of this one. */
  pages: number;
}

/**
 * What is wrong with a log: the pages are all there, once each and in order; the shifts are counted without a gap; each is
 * closed once at the most, and the last one is.
 */
export function shiftFaults(log: readonly string[], { shifts }: Partial<Shifts>): string[] {
  const faults: string[] = [];
  const pages = log.filter((line) => line.startsWith('page')).join();
  const expected = PAGES.filter((page) => page !== CLERK_SHOWSTOPPER).map((page) => `page ${page}`);
  if (pages !== expected.join()) faults.push(`pages: ${pages}`);
  let opened = 0;
  let isOpen = false;
  for (const line of log) {
    if (line.startsWith('page') && !isOpen) faults.push(`${line} after the end of shift ${opened}`);
    if (line.startsWith('close')) {
      if (!isOpen || line !== `close ${opened}`) faults.push(`${line} in shift ${opened}`);
      isOpen = false;
    }
    if (line.startsWith('open')) {
      opened += 1;
      isOpen = true;
      if (line !== `open ${opened}`) faults.push(`${line} instead of ${opened}`);
    }
  }
  if (isOpen) faults.push(`shift ${opened} has no end`);
  if (shifts !== opened) faults.push(`${opened} shifts in the log, ${String(shifts)} in the state`);
  return faults;
}

type Context = HookContext<{ readonly log: OutputSpec<string> }, Shifts, undefined>;

export function shiftWorker(style: Style, userCode: () => void) {
  const open = ({ state, outputs }: Context): void => {
    userCode();
    state.shifts += 1;
    state.pages = 0;
    outputs.log.send(`open ${state.shifts}`);
    userCode();
  };
  const close = ({ state, outputs }: Context): void => {
    userCode();
    outputs.log.send(`close ${state.shifts}`);
    state.pages = 0;
    userCode();
  };
  const write = (page: number, { state, outputs, exit }: Context): void => {
    userCode();
    if (page === CLERK_SHOWSTOPPER) throw new Error('a showstopper');
    outputs.log.send(`page ${page}`);
    state.pages += 1;
    if (state.pages === PAGES_IN_SHIFT) exit();
    userCode();
  };
  const ports = {
    inputs: { pages: input<number>() },
    outputs: { log: output<string>() },
    state: (): Shifts => ({ shifts: 0, pages: 0 }),
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, onStart: open, onStop: close, on: { pages: write } });
    case 'async':
      return defineActor({
        ...ports,
        onRestart: async (ctx) => {
          await ctx.effect('coffee', () => undefined);
          userCode();
        },
        onStart: async (ctx) => {
          await ctx.effect('keys', () => undefined);
          open(ctx);
        },
        onStop: async (ctx) => {
          close(ctx);
          await ctx.effect('lights', () => undefined);
        },
        on: {
          async pages(page, ctx) {
            await Promise.resolve();
            write(page, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        onRestart: () => userCode(),
        onStart: open,
        onStop: close,
        async run(ctx) {
          const { pages } = ctx.inputs;
          const one = pages.avail();
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(one) ?? (await ctx.next(one)));
            else await ctx.next(one);
            const page = pages.take();
            if (page !== undefined) write(page, ctx);
          }
        },
      });
  }
}
