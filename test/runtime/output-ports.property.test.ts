/** An output port against a plain model of it: who gets what, in what order, and what is counted as dropped. */
import { type Channel, defineActor, Graph, input, outputPort, type PortRef, type WhenFull } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PortReader } from '../../src/testing/port-reader.ts';

const CHANNELS = 3;
const CAPACITIES = [1, 2, 3] as const;
const QUEUE = 64;

interface Publishing {
  readonly first: number;
  readonly count: number;
  readonly fails: boolean;
}

type Step =
  | { readonly kind: 'publish'; readonly count: number; readonly fails: boolean }
  | { readonly kind: 'subscribe'; readonly who: number; readonly whenFull: WhenFull }
  | { readonly kind: 'unsubscribe'; readonly who: number }
  | { readonly kind: 'take'; readonly who: number; readonly count: number }
  | { readonly kind: 'kill' };

const who = fc.integer({ min: 0, max: CHANNELS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      count: fc.integer({ min: 1, max: 4 }),
      fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('subscribe' as const),
      who,
      whenFull: fc.constantFrom<WhenFull>('wait', 'drop', 'disconnect'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unsubscribe' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('take' as const), who, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
);

// --- The model --------------------------------------------------------------------------------------------------------

interface ModelSubscription {
  readonly who: number;
  whenFull: WhenFull;
  sent: number;
  dropped: number;
}

/** What a turn has published, for one subscriber. */
interface Share {
  readonly subscription: ModelSubscription;
  readonly waits: boolean;
  readonly numbers: number[];
}

class Model {
  readonly channels: number[][] = Array.from({ length: CHANNELS }, () => []);
  readonly received: number[][] = Array.from({ length: CHANNELS }, () => []);
  readonly subscriptions: ModelSubscription[] = [];
  /** Orders that have not been committed; the first one waits for room perhaps. */
  readonly #orders: Publishing[] = [];
  #decided: Share[] | undefined;

  apply(next: Step, first: number): void {
    switch (next.kind) {
      case 'publish':
        this.#orders.push({ first, count: next.count, fails: next.fails });
        break;
      case 'subscribe': {
        const known = this.subscriptions.find((each) => each.who === next.who);
        if (known !== undefined) known.whenFull = next.whenFull;
        else this.subscriptions.push({ who: next.who, whenFull: next.whenFull, sent: 0, dropped: 0 });
        break;
      }
      case 'unsubscribe':
        this.#remove(this.subscriptions.find((each) => each.who === next.who));
        break;
      case 'take':
        this.received[next.who]?.push(...(this.channels[next.who]?.splice(0, next.count) ?? []));
        break;
      case 'kill':
        this.#decided = undefined; // it is done again, for those who are subscribed then
        break;
    }
    this.#goOn();
  }

  #goOn(): void {
    for (let [order] = this.#orders; order !== undefined; [order] = this.#orders) {
      const shares = (this.#decided ??= this.#stage(order));
      const isHopeless = shares.some(
        ({ waits, numbers, subscription }) => waits && numbers.length > capacityOf(subscription),
      );
      if (!order.fails && !isHopeless && !this.#commit(shares)) return;
      this.#orders.shift();
      this.#decided = undefined;
    }
  }

  #stage({ first, count }: Publishing): Share[] {
    const numbers = Array.from({ length: count }, (_, n) => first + n);
    return this.subscriptions.map((subscription) => ({
      subscription,
      waits: subscription.whenFull === 'wait',
      numbers,
    }));
  }

  #commit(shares: readonly Share[]): boolean {
    const lacks = ({ waits, numbers, subscription }: Share): boolean =>
      waits && this.#room(subscription) < numbers.length;
    if (shares.some(lacks)) return false;
    for (const { subscription, waits, numbers } of shares) {
      // One that does not wait must still be subscribed; for one that waits its place was kept.
      if (!waits && !this.subscriptions.includes(subscription)) continue;
      const fitting = Math.min(numbers.length, this.#room(subscription));
      this.channels[subscription.who]?.push(...numbers.slice(0, fitting));
      subscription.sent += fitting;
      subscription.dropped += numbers.length - fitting;
      if (fitting < numbers.length && subscription.whenFull === 'disconnect') this.#remove(subscription);
    }
    return true;
  }

  #room(subscription: ModelSubscription): number {
    return capacityOf(subscription) - (this.channels[subscription.who]?.length ?? 0);
  }

  #remove(subscription: ModelSubscription | undefined): void {
    if (subscription !== undefined) this.subscriptions.splice(this.subscriptions.indexOf(subscription), 1);
  }
}

function capacityOf({ who: number }: ModelSubscription): number {
  return CAPACITIES[number] ?? 0;
}

// --- The real thing ---------------------------------------------------------------------------------------------------

const publisher = defineActor({
  inputs: { mailbox: input<Publishing>({ capacity: QUEUE }) },
  outputs: { numbers: outputPort<number>() },
  on: {
    mailbox({ first, count, fails }, { outputs }) {
      for (let n = 0; n < count; n += 1) outputs.numbers.publish(first + n);
      if (fails) throw new Error('planned');
    },
  },
});

class Real {
  readonly sim = new Simulation();
  readonly received: number[][] = Array.from({ length: CHANNELS }, () => []);
  readonly #graph = new Graph({
    name: 'test',
    ports: this.sim.ports,
    logLevel: 'silent',
    deadLetters: { capacity: QUEUE },
  });
  readonly #source = this.#graph.spawn('source', publisher, {}, { showstopperAfter: 1, maxRestarts: Infinity });
  readonly #channels: readonly Channel<number>[] = CAPACITIES.map((capacity, n) =>
    this.#graph.channel<number>(`channel ${n}`, { capacity }),
  );
  readonly #readers = this.#channels.map((channel) => new PortReader(channel as unknown as Channel<unknown>));

  constructor() {
    this.#graph.start();
  }

  async apply(next: Step, first: number): Promise<void> {
    switch (next.kind) {
      case 'publish':
        await this.#source.cast({ first, count: next.count, fails: next.fails });
        break;
      case 'subscribe':
        this.#port.subscribe(this.#channel(next.who), { whenFull: next.whenFull });
        break;
      case 'unsubscribe':
        this.#port.unsubscribe(this.#channel(next.who));
        break;
      case 'take':
        this.received[next.who]?.push(...((this.#readers[next.who]?.take(next.count) ?? []) as number[]));
        break;
      case 'kill':
        this.#source.kill();
        break;
    }
    await this.sim.advance(20_000); // a restart may wait
  }

  get subscribers() {
    return this.#port.subscribers();
  }

  get contents(): number[][] {
    return this.#channels.map((channel) => {
      const ring = channel.ring();
      return ring.slice(0, ring.size) as number[];
    });
  }

  check(): void {
    this.#graph.checkConservation();
  }

  get #port(): PortRef<number> {
    return this.#source.port('numbers');
  }

  #channel(n: number): Channel<number> {
    return this.#channels[n] as Channel<number>;
  }
}

test('a port does what a plain model of it does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const model = new Model();
      const real = new Real();
      for (const [n, next] of steps.entries()) {
        model.apply(next, n * 10);
        await real.apply(next, n * 10);
        expect(real.contents).toEqual(model.channels);
        expect(real.received).toEqual(model.received);
        expect(real.subscribers).toEqual(
          model.subscriptions.map(({ who: number, ...counts }) => ({ channel: `channel ${number}`, ...counts })),
        );
        real.check();
      }
    }),
    { numRuns: 300 },
  );
});
