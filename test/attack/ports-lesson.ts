/**
 * A lesson of output ports: a ticker publishes what it is given, and has a keeper subscribed from time to time, that it waits for; a
 * sampler subscribes by itself, and takes what it has room for. Wherever a crash comes, the keeper has each number that was
 * published while it was subscribed, in order, and the sampler has none twice.
 */
import { type ActorRef, defineActor, type Graph, input, type OutputPort, outputPort, type PortRef } from 'holdfast';
import type { Style } from './lessons.ts';

const NUMBERS = 24;
const VISITS = 12;

export interface Got {
  got: number[];
}

/** Those that the ticker publishes while the keeper is subscribed: its turns change that for the turns after them. */
function expectedOfKeeper(): number[] {
  const expected: number[] = [];
  let isSubscribed = false;
  for (let n = 0; n < NUMBERS; n += 1) {
    if (isSubscribed) expected.push(n);
    if (subscribesAt(n)) isSubscribed = true;
    if (unsubscribesAt(n)) isSubscribed = false;
  }
  return expected;
}

function subscribesAt(n: number): boolean {
  return n % 5 === 0;
}

function unsubscribesAt(n: number): boolean {
  return n % 5 === 3;
}

/** What is wrong with what has come to them. */
export function portFaults(keeper: Got, sampler: Got): string[] {
  const expected = expectedOfKeeper().join();
  const faults = keeper.got.join() === expected ? [] : [`keeper: expected ${expected}, found ${keeper.got.join()}`];
  const isAscending = sampler.got.every(
    (n, index) => n < NUMBERS && (index === 0 || n > (sampler.got[index - 1] ?? n)),
  );
  return isAscending ? faults : [...faults, `sampler: ${sampler.got.join()}`];
}

interface TickerTurn {
  readonly outputs: { readonly numbers: OutputPort<number> };
  requestShutdown(): void;
}

/** @param capacity - Of each channel. */
export function buildPorts(graph: Graph, style: Style, capacity: number, userCode: (actor: string) => void): void {
  const keeper = graph.spawn(
    'keeper',
    reader(capacity, () => userCode('keeper')),
  );
  const orders = graph.channel<number>('orders', { capacity });
  graph.feed(
    'orders source',
    Array.from({ length: NUMBERS }, (_, n) => n),
    orders,
  );
  const definition = ticker(style, keeper, () => userCode('ticker'));
  const port = graph.spawn('ticker', definition, { orders }).port('numbers');
  const visits = graph.channel<number>('visits', { capacity });
  graph.feed(
    'visits source',
    Array.from({ length: VISITS }, (_, n) => n),
    visits,
  );
  graph.actor(
    'sampler',
    sampler(style, capacity, port, () => userCode('sampler')),
    { visits },
  );
}

function reader(capacity: number, userCode: () => void) {
  return defineActor({
    inputs: { mailbox: input<number>({ capacity }) },
    state: (): Got => ({ got: [] }),
    on: {
      mailbox(n, { state }) {
        userCode();
        state.got.push(n);
        userCode();
      },
    },
  });
}

function ticker(style: Style, keeper: ActorRef<number>, userCode: () => void) {
  const ports = { inputs: { orders: input<number>() }, outputs: { numbers: outputPort<number>() } };
  const order = (n: number, { outputs: { numbers }, requestShutdown }: TickerTurn): void => {
    userCode();
    numbers.publish(n);
    if (subscribesAt(n)) numbers.subscribe(keeper);
    if (unsubscribesAt(n)) numbers.unsubscribe(keeper);
    if (n === NUMBERS - 1) requestShutdown();
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { orders: order } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          async orders(n, ctx) {
            await ctx.effect('reading', () => undefined);
            order(n, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        async run(ctx) {
          const { orders } = ctx.inputs;
          const some = orders.avail();
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const n = orders.take();
            if (n !== undefined) order(n, ctx);
          }
        },
      });
  }
}

interface SamplerTurn {
  readonly state: Got;
  readonly outputs: { readonly counts: OutputPort<number> };
  subscribe(port: PortRef<number>, options: { readonly to: 'mailbox'; readonly whenFull: 'drop' | 'disconnect' }): void;
  unsubscribe(port: PortRef<number>): void;
}

function sampler(style: Style, capacity: number, port: PortRef<number>, userCode: () => void) {
  const ports = {
    inputs: { mailbox: input<number>({ capacity }), visits: input<number>() },
    outputs: { counts: outputPort<number>() },
    state: (): Got => ({ got: [] }),
  };
  const sample = (n: number, { state }: SamplerTurn): void => {
    userCode();
    state.got.push(n);
  };
  const visit = (n: number, { state, outputs, subscribe, unsubscribe }: SamplerTurn): void => {
    userCode();
    outputs.counts.publish(state.got.length); // to nobody
    if (n % 3 === 2) unsubscribe(port);
    else subscribe(port, { to: 'mailbox', whenFull: n % 6 === 4 ? 'disconnect' : 'drop' });
    userCode();
  };
  switch (style) {
    case 'handler':
      return defineActor({ ...ports, on: { mailbox: sample, visits: visit } });
    case 'async':
      return defineActor({
        ...ports,
        on: {
          async mailbox(n, ctx) {
            await ctx.effect('reading', () => undefined);
            sample(n, ctx);
          },
          async visits(n, ctx) {
            await ctx.effect('reading', () => undefined);
            visit(n, ctx);
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        ...ports,
        async run(ctx) {
          const { mailbox, visits } = ctx.inputs;
          const some = ctx.any(mailbox.avail(), visits.avail());
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const n = visits.take();
            const sampled = n === undefined ? mailbox.take() : undefined;
            if (n !== undefined) visit(n, ctx);
            if (sampled !== undefined) sample(sampled, ctx);
          }
        },
      });
  }
}
