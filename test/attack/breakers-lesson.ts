/**
 * A lesson of circuit breakers: a clerk sends each order to a shop that another one stands in for, and to one that nobody stands
 * in for. Both fail at some orders, which opens their breakers. Wherever a crash comes, each order is served once by one of the
 * first two shops; and once by the third, or it is a dead letter because that one's breaker was open. No shop sees them out of order.
 */
import { defineActor, type Graph, input, output } from 'holdfast';
import type { Style } from './lessons.ts';

const ORDERS = 14;
const BREAKER = { maxFailures: 1, resetTimeoutMs: 5 } as const;

interface Served {
  served: number[];
}

/** What is wrong with what the shops have at the end. */
export function shopFaults(graph: Graph): string[] {
  const { actors } = graph.snapshot();
  const servedBy = (shop: string): readonly number[] =>
    (actors.find(({ name }) => name === shop)?.state as Served | undefined)?.served ?? [];
  const letters = graph.deadLetters.list();
  const dead = letters.map(({ payload }) => payload as number);
  const faults = letters
    .filter(({ reason, channel }) => reason !== 'breaker-open' || channel !== 'alone.mailbox')
    .map(({ reason, channel }) => `a dead letter ${reason} of ${channel}`);
  const all = Array.from({ length: ORDERS }, (_, order) => order).join();
  const compare = (what: string, orders: readonly number[]): void => {
    const found = orders.toSorted((a, b) => a - b).join();
    if (found !== all) faults.push(`${what}: ${found}`);
  };
  compare('orders of the first shop and its stand-in', [...servedBy('shop'), ...servedBy('standIn')]);
  compare('orders of the shop that stands alone', [...servedBy('alone'), ...dead]);
  for (const shop of ['shop', 'standIn', 'alone']) {
    const served = servedBy(shop);
    if (served.some((order, index) => index > 0 && order <= (served[index - 1] ?? 0))) {
      faults.push(`${shop} saw them out of order: ${served.join()}`);
    }
  }
  return faults;
}

/** @param failing - Of five orders, the one that it fails at, once. */
function shop(capacity: number, failing: number, userCode: () => void) {
  return defineActor({
    inputs: { mailbox: input<number>({ capacity }) },
    state: (): Served => ({ served: [] }),
    on: {
      mailbox(order, { state, attempt }) {
        userCode();
        if (order % 5 === failing && attempt === 1) throw new Error('planned');
        state.served.push(order);
        userCode();
      },
    },
  });
}

/** Takes its time, so that the breaker of the shop closes again while orders come. */
function standIn(capacity: number, userCode: () => void) {
  return defineActor({
    inputs: { mailbox: input<number>({ capacity }) },
    state: (): Served => ({ served: [] }),
    async run({ inputs: { mailbox }, state, running, next, pause, after }) {
      while (running()) {
        await next(mailbox.avail());
        const order = mailbox.take();
        if (order === undefined) continue;
        userCode();
        state.served.push(order);
        await pause(after(2));
      }
    },
  });
}

export function buildShops(graph: Graph, style: Style, capacity: number, userCode: (actor: string) => void): void {
  const second = graph.spawn(
    'standIn',
    standIn(capacity, () => userCode('standIn')),
  );
  const first = graph.spawn(
    'shop',
    shop(capacity, 2, () => userCode('shop')),
    {},
    { breaker: { ...BREAKER, divertTo: second } },
  );
  const alone = graph.spawn(
    'alone',
    shop(capacity, 3, () => userCode('alone')),
    {},
    { breaker: BREAKER },
  );
  const orders = graph.channel<number>('orders', { capacity });
  graph.feed(
    'source',
    Array.from({ length: ORDERS }, (_, order) => order),
    orders,
  );
  graph.actor(
    'clerk',
    clerk(style, () => userCode('clerk')),
    { orders, shop: first, alone },
  );
}

interface ClerkTurn {
  readonly outputs: Readonly<Record<'shop' | 'alone', { send(order: number): void }>>;
  requestShutdown(): void;
}

function clerk(style: Style, userCode: () => void) {
  const ports = {
    inputs: { orders: input<number>() },
    outputs: { shop: output<number>(), alone: output<number>() },
  };
  const sell = (order: number, { outputs, requestShutdown }: ClerkTurn): void => {
    userCode();
    outputs.shop.send(order);
    outputs.alone.send(order);
    if (order === ORDERS - 1) requestShutdown();
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { orders: sell } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          async orders(order, ctx) {
            await ctx.effect('reading', () => undefined);
            sell(order, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        async run(ctx) {
          const { orders } = ctx.inputs;
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(orders.avail()) ?? (await ctx.next(orders.avail())));
            else await ctx.next(orders.avail());
            const order = orders.take();
            if (order !== undefined) sell(order, ctx);
          }
        },
      });
  }
}
