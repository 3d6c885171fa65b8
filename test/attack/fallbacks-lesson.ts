/**
 * A lesson of fallbacks: a cook fails at some orders, so that another one stands in for it and gives way again. Both number what
 * they serve. Wherever a crash comes, each order is served once, no number of either is missing or there twice, and neither serves
 * them out of order.
 */
import { defineActor, fallbackTo, type Graph, input, output } from 'holdfast';
import type { Style } from './lessons.ts';

const ORDERS = 14;

interface Dish {
  readonly order: number;
  readonly cook: string;
  readonly number: number;
}

export interface WaiterState {
  served: Dish[];
}

/** What is wrong with what was served. */
export function dishFaults({ served }: WaiterState, dead: readonly unknown[]): string[] {
  const faults: string[] = dead.map((payload) => `a dead letter: ${String(payload)}`);
  const orders = served.map(({ order }) => order).toSorted((a, b) => a - b);
  if (orders.join() !== Array.from({ length: ORDERS }, (_, order) => order).join()) {
    faults.push(`orders: ${orders.join()}`);
  }
  for (const name of ['cook', 'stand-in']) {
    const own = served.filter(({ cook }) => cook === name);
    if (own.some(({ number }, index) => number !== index + 1)) {
      faults.push(`numbers of the ${name}: ${own.map(({ number }) => number).join()}`);
    }
    if (own.some(({ order }, index) => index > 0 && order <= (own[index - 1]?.order ?? 0))) {
      faults.push(`orders of the ${name}: ${own.map(({ order }) => order).join()}`);
    }
  }
  return faults;
}

interface Kitchen {
  readonly state: { number: number };
  readonly attempt: number;
  readonly outputs: { readonly dishes: { send(dish: Dish): void } };
}

function cook(name: string, style: Style, capacity: number, userCode: () => void) {
  const ports = { inputs: { mailbox: input<number>({ capacity }) }, outputs: { dishes: output<Dish>() } };
  const shared = { ...ports, state: () => ({ number: 0 }), onStart: () => userCode() };
  const serve = (order: number, { state, attempt, outputs }: Kitchen): void => {
    userCode();
    if (name === 'cook' && order % 4 === 2 && attempt === 1) throw new Error('planned');
    state.number += 1;
    outputs.dishes.send({ order, cook: name, number: state.number });
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...shared, on: { mailbox: serve } });
    case 'async':
      return defineActor({
        ...shared,
        on: {
          async mailbox(order, ctx) {
            await ctx.effect('tasting', () => undefined);
            serve(order, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...shared,
        async run(ctx) {
          const { mailbox } = ctx.inputs;
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(mailbox.avail()) ?? (await ctx.next(mailbox.avail())));
            else await ctx.next(mailbox.avail());
            const order = mailbox.take();
            if (order !== undefined) serve(order, ctx);
          }
        },
      });
  }
}

export function buildKitchen(graph: Graph, style: Style, capacity: number, userCode: (actor: string) => void): void {
  const waiter = graph.spawn(
    'waiter',
    defineActor({
      inputs: { mailbox: input<Dish>({ capacity }) },
      state: (): WaiterState => ({ served: [] }),
      on: {
        mailbox(dish, { state, requestShutdown }) {
          userCode('waiter');
          state.served.push(dish);
          if (state.served.length === ORDERS) requestShutdown();
        },
      },
    }),
  );
  const standIn = cook('stand-in', style === 'handler' ? 'next' : 'handler', capacity, () => userCode('cook'));
  const ref = graph.spawn(
    'cook',
    cook('cook', style, capacity, () => userCode('cook')),
    { dishes: waiter },
    { fallback: fallbackTo(standIn, { after: 1, returnAfterMs: 5 }) },
  );
  graph.actor(
    'guest',
    defineActor({
      outputs: { orders: output<number>() },
      state: () => ({ next: 0 }),
      async run({ state, outputs, running, next, after }) {
        while (running() && state.next < ORDERS) {
          userCode('guest');
          outputs.orders.send(state.next);
          state.next += 1;
          await next(after(2));
        }
      },
    }),
    { orders: ref },
  );
}
