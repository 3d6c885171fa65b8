/**
 * The lesson of the bundles: a splitter sends each order into the lane of its customer and a copy of it into every lane of
 * the copies; a hub works on the lanes side by side; one actor merges what comes out with the copies.
 */
import { defineActor, input, inputBundle, outputBundle } from 'holdfast';
import type { HandlerContext, LoopContext, OutputBundleSpec } from 'holdfast';
import type { Style } from './lessons.ts';

export interface Order {
  readonly id: number;
  readonly customer: string;
}

const CUSTOMERS = ['ann', 'bob', 'ann', 'cy', 'ann', 'dan', 'bob', 'ann', 'eve', 'cy', 'ann', 'bob', 'fay'];
export const ORDERS: readonly Order[] = CUSTOMERS.map((customer, id) => ({ id, customer }));
/** The hub always fails at this one. */
export const HUB_SHOWSTOPPER = 7;
export const LANES = 2;

/** What the merger remembers: for each lane of its bundle, first those of the results and then the copies, what came. */
export interface Merged {
  got: string[][];
}

/** What must come out, told from the orders alone: which customer has which lane is all that it takes from the outcome. */
export function mergeFaults({ got }: Merged): string[] {
  const faults: string[] = [];
  const results = got.slice(0, LANES);
  const done = ORDERS.filter(({ id }) => id !== HUB_SHOWSTOPPER);
  const textOf = ({ id, customer }: Order): string => `${customer}/${id}`;
  for (const customer of new Set(CUSTOMERS)) {
    const lanes = results.filter((lane) => lane.some((text) => text.startsWith(`${customer}/`)));
    if (lanes.length !== 1) faults.push(`${customer} has ${lanes.length} lanes`);
    const expected = done.filter((order) => order.customer === customer).map(textOf);
    const found = lanes.flat().filter((text) => text.startsWith(`${customer}/`));
    if (found.join() !== expected.join()) faults.push(`${customer}: ${found.join()} instead of ${expected.join()}`);
  }
  if (results.flat().length !== done.length) faults.push(`${results.flat().length} results`);
  const all = ORDERS.map(textOf).join();
  got.slice(LANES).forEach((lane, index) => {
    if (lane.join() !== all) faults.push(`copies in lane ${index}: ${lane.join()}`);
  });
  return faults;
}

type Split = { readonly lanes: OutputBundleSpec<Order>; readonly copies: OutputBundleSpec<Order> };

export function splitter(style: Style, userCode: () => void) {
  const ports = {
    inputs: { orders: input<Order>() },
    outputs: {
      lanes: outputBundle<Order>({ partitionBy: ({ customer }) => customer }),
      copies: outputBundle<Order>({ route: 'everyLane' }),
    },
  };
  type Sending = Pick<HandlerContext<Split, object, undefined>, 'outputs'>;
  const split = (order: Order, { outputs: { lanes, copies } }: Sending): void => {
    userCode();
    lanes.send(order);
    userCode();
    copies.send(order);
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { orders: split } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          orders: async (order, ctx) => {
            await ctx.effect('split', () => Promise.resolve());
            split(order, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        run: async (ctx) => {
          const { orders } = ctx.inputs;
          const { lanes, copies } = ctx.outputs;
          // Once with a look at the room first, and once without: the commit has to wait for it then.
          const ready = style === 'tryNext' ? orders.avail() : ctx.all(orders.avail(), lanes.vacant(), copies.vacant());
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(ready) ?? (await ctx.next(ready)));
            else await ctx.next(ready);
            const order = orders.take();
            if (order !== undefined) split(order, ctx);
          }
          lanes.close();
        },
      });
  }
}

export function hub(style: Style, userCode: () => void) {
  const ports = { inputs: { lanes: inputBundle<Order>() }, outputs: { results: outputBundle<Order>() } };
  const work = ({ id }: Order): void => {
    userCode();
    if (id === HUB_SHOWSTOPPER) throw new Error('a showstopper');
  };
  switch (style) {
    case 'handler':
    case 'async':
      return defineActor({
        ...ports,
        on: {
          lanes:
            style === 'handler'
              ? (order, ctx) => {
                  work(order);
                  ctx.outputs.results.lane(ctx.lane).send(order);
                }
              : async (order, ctx) => {
                  await ctx.effect('work', async () => work(order));
                  ctx.outputs.results.lane(ctx.lane).send(order);
                  userCode();
                },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        run: async (ctx) => {
          const { lanes } = ctx.inputs;
          const { results } = ctx.outputs;
          const ready = ctx.sameLane(lanes.avail(), results.vacant());
          while (ctx.running()) {
            const { lane } = (style === 'tryNext' ? ctx.tryNext(ready) : undefined) ?? (await ctx.next(ready));
            if (lane < 0) continue;
            const order = lanes.lane(lane).take();
            if (order === undefined) throw new Error(`lane ${lane} was ready, and is empty`);
            work(order);
            results.lane(lane).send(order);
          }
        },
      });
  }
}

export function merger(style: Style, userCode: () => void) {
  const ports = {
    inputs: { all: inputBundle<Order>() },
    state: (): Merged => ({ got: Array.from({ length: 2 * LANES }, () => []) }),
  };
  const note = ({ got }: Merged, lane: number, { id, customer }: Order): void => {
    userCode();
    got[lane]?.push(`${customer}/${id}`);
    userCode();
  };
  const merge = async (
    ctx: LoopContext<(typeof ports)['inputs'], Record<never, never>, Merged, undefined>,
  ): Promise<void> => {
    const { all } = ctx.inputs;
    const some = all.avail();
    while (ctx.running()) {
      if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
      else await ctx.next(some);
      if (style === 'next') await ctx.pause(ctx.any(all.avail(1), ctx.after(1)));
      for (let n = 0; n < (style === 'next' ? 3 : 1); n += 1) {
        if (all.peek() === undefined) break;
        const order = all.take() as Order;
        note(ctx.state, ctx.lane, order);
      }
    }
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { all: (order, { state, lane }) => note(state, lane, order) } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          all: async (order, ctx) => {
            await Promise.resolve();
            note(ctx.state, ctx.lane, order);
            await ctx.effect('noted', () => undefined);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({ ...ports, run: merge });
  }
}
