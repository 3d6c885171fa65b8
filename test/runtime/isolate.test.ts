import {
  type ActorOptions,
  type Channel,
  type Condition,
  defineActor,
  input,
  inputBundle,
  type LoopContext,
  type InputSpec,
} from 'holdfast';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { letters } from './single-actor.ts';
import { actorOf, stopCleanly, type World, world } from './world.ts';

type Inputs = { readonly a: InputSpec<number>; readonly b: InputSpec<number> };
type Loop = LoopContext<Inputs, Record<never, never>, object, undefined>;

interface Feeding {
  readonly w: World;
  readonly a: Channel<number>;
  readonly b: Channel<number>;
}

/** What a turn does with what it took. */
type Process = (messages: readonly number[]) => void;

/** Places an actor on the inputs `a` and `b`, which carry even and odd numbers. */
type Place = (feeding: Feeding, process: Process, options: ActorOptions, size: number) => void;

/** Places a loop; how it waits and takes is `turn`, called after each wait. */
function loop(
  wait: (ctx: Loop, size: number) => Condition,
  turn: (ctx: Loop, size: number) => readonly number[],
): Place {
  return ({ w, a, b }, process, options, size) => {
    const definition = defineActor({
      inputs: { a: input<number>(), b: input<number>() },
      async run(ctx) {
        while (ctx.running()) {
          const condition = wait(ctx, size);
          void (ctx.tryNext(condition) ?? (await ctx.next(condition)));
          process(turn(ctx, size));
        }
      },
    });
    w.graph.actor('actor', definition, { a, b }, options);
  };
}

const both = ({ inputs: { a, b } }: Loop, size: number): number[] => [...a.takeMany(size), ...b.takeMany(size)];

const PLACES: Record<string, Place> = {
  'a loop that waits for one of any input and takes from all of them': loop(
    ({ any, inputs: { a, b } }) => any(a.avail(), b.avail()),
    both,
  ),
  'a loop that waits for several': loop(({ any, inputs: { a, b } }, size) => any(a.avail(size), b.avail(size)), both),
  'a loop that waits for one input and takes from another as well': loop(
    ({ any, after, inputs: { a } }) => any(a.avail(), after(5)),
    both,
  ),
  'a loop that is paced by time': loop(({ every }) => every(20), both),
  'a loop that peeks before it takes': loop(
    ({ any, inputs: { a, b } }) => any(a.avail(), b.avail()),
    (ctx, size) => {
      const seen = [...ctx.inputs.b.peekMany(size), ...ctx.inputs.a.peekMany(size)];
      expect([...ctx.inputs.b.takeMany(size), ...ctx.inputs.a.takeMany(size)]).toEqual(seen);
      return seen;
    },
  ),
  'a loop over a bundle': ({ w, a, b }, process, options, size) => {
    const definition = defineActor({
      inputs: { lanes: inputBundle<number>() },
      async run({ inputs: { lanes }, running, next }) {
        while (running()) {
          await next(lanes.avail());
          process(lanes.takeMany(size));
        }
      },
    });
    w.graph.actor('actor', definition, { lanes: [a, b] }, options);
  },
  'a handler of batches': ({ w, a, b }, process, options, size) => {
    const spec = input<number>({ batch: { size, timeoutMs: 3 } });
    w.graph.actor(
      'actor',
      defineActor({ inputs: { a: spec, b: spec }, on: { a: process, b: process } }),
      { a, b },
      options,
    );
  },
  'an asynchronous handler of batches': ({ w, a, b }, process, options, size) => {
    const spec = input<number>({ batch: { size, timeoutMs: 3 } });
    const on = async (batch: readonly number[]): Promise<void> => {
      await Promise.resolve();
      process(batch);
    };
    w.graph.actor('actor', defineActor({ inputs: { a: spec, b: spec }, on: { a: on, b: on } }), { a, b }, options);
  },
};

const settings = fc.record({
  size: fc.integer({ min: 2, max: 6 }),
  /** How many messages come at a time, before the next ones. */
  arrivals: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 }),
  poison: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
  showstopperAfter: fc.integer({ min: 1, max: 4 }),
});

/** Sends what arrives, even numbers into one channel and odd ones into the other. @returns how many there were. */
async function feedAll({ w, a, b }: Feeding, arrivals: readonly number[]): Promise<number> {
  let sent = 0;
  for (const count of arrivals) {
    for (let n = 0; n < count; n += 1) {
      expect((sent % 2 === 0 ? a : b).trySend(sent)).toEqual({ ok: true });
      sent += 1;
    }
    await w.sim.advance(7);
  }
  await w.sim.advance(2_000);
  return sent;
}

describe('with isolation only what is at fault becomes a dead letter', () => {
  test.each(Object.keys(PLACES))('%s', async (name) => {
    const place = PLACES[name] as Place;
    await fc.assert(
      fc.asyncProperty(settings, async ({ size, arrivals, poison, showstopperAfter }) => {
        const w = world();
        const a = w.graph.channel<number>('a', { capacity: 64 });
        const b = w.graph.channel<number>('b', { capacity: 64 });
        const done: number[] = [];
        const process: Process = (messages) => {
          if (messages.some((message) => poison.includes(message))) throw new Error('poison');
          done.push(...messages);
        };
        const retryBackoff = { minMs: 1, maxMs: 1 };
        place({ w, a, b }, process, { isolate: true, maxRestarts: Infinity, showstopperAfter, retryBackoff }, size);
        w.graph.start();
        const sent = await feedAll({ w, a, b }, arrivals);
        await stopCleanly(w);
        const all = Array.from({ length: sent }, (_, message) => message);
        const parts = (messages: readonly number[]) => [0, 1].map((rest) => messages.filter((n) => n % 2 === rest));
        expect(parts(done)).toEqual(parts(all.filter((message) => !poison.includes(message))));
        const dead = w.graph.deadLetters.list().map(({ payload }) => payload as number);
        expect(dead.sort((x, y) => x - y)).toEqual(all.filter((message) => poison.includes(message)));
        for (const { attempts } of w.graph.deadLetters.list())
          expect(attempts).toBeLessThanOrEqual(showstopperAfter + 3);
      }),
      { numRuns: 60, examples: [[{ size: 2, arrivals: [7, 2, 7, 3], poison: [9, 18, 16], showstopperAfter: 1 }]] },
    );
  });
});

describe('a loop that needs one of each input', () => {
  /** Takes a pair each turn. */
  const joiner: Place = loop(
    ({ all, inputs: { a, b } }) => all(a.avail(), b.avail()),
    ({ inputs: { a, b } }) => [a.take(), b.take()].filter((message) => message !== undefined),
  );
  const greedy: Place = loop(
    ({ all, inputs: { a, b } }, size) => all(a.avail(size), b.avail(size)),
    ({ inputs: { a, b } }, size) => [...a.takeMany(size), ...b.takeMany(size)],
  );

  async function run(place: Place, poison: number, isolate: boolean): Promise<{ pairs: number[][]; w: World }> {
    const w = world();
    const a = w.graph.channel<number>('a', { capacity: 64 });
    const b = w.graph.channel<number>('b', { capacity: 64 });
    const pairs: number[][] = [];
    const process: Process = (messages) => {
      if (messages.includes(poison)) throw new Error('poison');
      pairs.push([...messages]);
    };
    place({ w, a, b }, process, { isolate, maxRestarts: Infinity }, 3);
    w.graph.start();
    await feedAll({ w, a, b }, [12]);
    return { pairs, w };
  }

  test.each([
    ['one of each at a time', joiner],
    ['several', greedy],
  ])('%s: gets one of each; one innocent message at the most goes with the one at fault', async (_, place) => {
    for (const poison of [0, 1, 4, 5, 10, 11]) {
      const { pairs, w } = await run(place, poison, true);
      await stopCleanly(w); // which lets the last one go without a partner
      const dead = letters(w).map((letter) => (letter as number[])[0] as number);
      expect(dead).toContain(poison);
      expect(dead.length).toBeLessThanOrEqual(2);
      expect([...pairs.flat(), ...dead].sort((x, y) => x - y)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
  });

  test('without isolation one message at fault takes all of those it is paired with', async () => {
    const { w } = await run(joiner, 0, false);
    expect(letters(w).map((letter) => (letter as number[])[0])).toEqual([1, 3, 5, 7, 9, 11]);
  });
});

describe('isolation', () => {
  async function turnsOf(wait: (ctx: Loop, size: number) => Condition, options: ActorOptions): Promise<number[][]> {
    const w = world();
    const a = w.graph.channel<number>('a', { capacity: 64 });
    const b = w.graph.channel<number>('b', { capacity: 64 });
    const turns: number[][] = [];
    const process: Process = (messages) => {
      turns.push([...messages]);
      if (messages.includes(2)) throw new Error('poison');
    };
    loop(wait, both)({ w, a, b }, process, options, 3);
    for (const message of [0, 2, 4, 6, 8]) a.trySend(message);
    for (const message of [1, 3]) b.trySend(message);
    w.graph.start();
    await w.sim.advance(2_000);
    await stopCleanly(w);
    return turns.filter((messages) => messages.length > 0);
  }

  test('shows one message of the input that ended the wait, whatever number was asked for, and then all again', async () => {
    const anyOf = ({ any, inputs: { a, b } }: Loop, size: number): Condition => any(a.avail(size), b.avail(2));
    expect(await turnsOf(anyOf, { isolate: true, showstopperAfter: 2 })).toEqual([
      [0, 2, 4, 1, 3],
      [1],
      [0],
      [3],
      [2],
      [4],
      [6, 8],
    ]);
  });

  test('is off by default: turns see as many as their wait asked for', async () => {
    const anyOf = ({ any, inputs: { a, b } }: Loop, size: number): Condition => any(a.avail(size), b.avail(2));
    const turns = await turnsOf(anyOf, { showstopperAfter: 2, maxRestarts: Infinity });
    expect(turns.slice(0, 2)).toEqual([
      [0, 2, 4, 1, 3],
      [0, 2, 4, 1, 3],
    ]);
  });

  test('a loop that takes nothing of what it is shown is shown one of each input, and does not spin', async () => {
    const w = world();
    const a = w.graph.channel<number>('a', { capacity: 64 });
    const b = w.graph.channel<number>('b', { capacity: 64 });
    const turns: (readonly (number | undefined)[])[] = [];
    const definition = defineActor({
      inputs: { a: input<number>(), b: input<number>() },
      async run({ inputs, running, next, regeneration }) {
        while (running()) {
          await next(inputs.a.avail());
          if (regeneration === 0) {
            inputs.a.takeMany(3);
            inputs.b.takeMany(3);
            throw new Error('once');
          }
          const pair = [inputs.a.peek(), inputs.b.peek()];
          turns.push(pair);
          if (pair.includes(undefined)) continue; // waits for one of them, and wants both
          inputs.a.take();
          inputs.b.take();
        }
      },
    });
    w.graph.actor('actor', definition, { a, b }, { isolate: true });
    for (const channel of [a, b]) for (const message of [1, 2, 3]) channel.trySend(message);
    w.graph.start();
    await w.sim.advance(1_000);
    expect(turns).toEqual([
      [1, undefined],
      [1, 1],
      [2, undefined],
      [2, 2],
      [3, undefined],
      [3, 3],
    ]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ failures: 1, phase: 'idle' });
    await stopCleanly(w);
  });
});
