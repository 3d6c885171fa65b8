/**
 * `ERR_OUTSIDE_API_IN_TURN` where code is followed (`trackStray`, which is on in a simulation, with `checks`): for the whole
 * of a turn, and for nothing else. The part of a turn before its first `await` is in outside-channel.test.ts.
 */
import { type Channel, defineActor, Graph, type GraphOptions, input, isHoldfastError } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { deferred, give, handlerWorld, letters, loopWorld, type SingleWorld } from './single-actor.ts';
import { type World, world } from './world.ts';

const CODE = 'ERR_OUTSIDE_API_IN_TURN';

/** Calls `api`. @returns what came of it. */
async function outcomeOf(api: () => unknown): Promise<string> {
  try {
    await api();
    return 'done';
  } catch (error) {
    return isHoldfastError(error) ? error.code : String(error);
  }
}

/** A channel that nobody in the graph reads or writes. */
function elsewhere(w: World): Channel<string> {
  return w.graph.channel<string>('elsewhere', { capacity: 64 });
}

interface Prepared {
  readonly w: World;
  readonly go: Channel<number>;
  readonly other: Channel<string>;
}

function prepared(options: Omit<GraphOptions, 'name' | 'ports'> = {}): Prepared {
  const w = world(options);
  return { w, go: w.graph.channel<number>('go', { capacity: 8 }), other: elsewhere(w) };
}

const ports = { inputs: { go: input<number>() } };

describe('in the whole of a turn', () => {
  test.each([
    ['channel.send', (channel: Channel<string>) => channel.send('x')],
    ['channel.trySend', (channel: Channel<string>) => channel.trySend('x')],
    ['channel.close', (channel: Channel<string>) => channel.close()],
    ['channel.sender', (channel: Channel<string>) => channel.sender()],
    ['channel iteration', (channel: Channel<string>) => channel[Symbol.asyncIterator]()],
  ] as const)('%s is refused after an await of a handler', async (api, call) => {
    const { w, go, other } = prepared();
    const handler = defineActor({
      ...ports,
      on: {
        async go() {
          await Promise.resolve();
          await call(other);
        },
      },
    });
    w.graph.actor('handler', handler, { go }, { showstopperAfter: 1 });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect(w.graph.deadLetters.list()[0]?.error).toMatchObject({
      code: CODE,
      message: `${api} was called inside a turn of actor "handler", where it would escape the roll back: send through the context's outputs`,
    });
    expect(other.size).toBe(0);
  });

  test('a loop is held to it from its first turn on: after a wait, a pause, an await of its own', async () => {
    const outcomes: string[] = [];
    const { w, go, other } = prepared();
    const loop = defineActor({
      ...ports,
      async run({ inputs, running, next, pause, after }) {
        const ask = async (where: string): Promise<void> =>
          void outcomes.push(`${where}: ${await outcomeOf(() => other.send('x'))}`);
        await Promise.resolve();
        await ask('opening');
        while (running()) {
          await next(inputs.go.avail());
          const value = inputs.go.take();
          await ask(`${value} at once`);
          await Promise.resolve();
          await ask(`${value} after an await`);
          await pause(after(10));
          await ask(`${value} after a pause`);
        }
      },
    });
    w.graph.actor('loop', loop, { go });
    await go.send(1); // there when the loop first waits: it need not wait
    await go.send(2);
    w.graph.start();
    await w.sim.advance(100);
    await go.send(3);
    await w.sim.advance(100);
    expect(outcomes).toEqual(
      [
        'opening',
        ...[1, 2, 3].flatMap((value) => [`${value} at once`, `${value} after an await`, `${value} after a pause`]),
      ].map((where) => `${where}: ${CODE}`),
    );
  });

  test('a loop is held to it through tryNext and commit', async () => {
    const outcomes: string[] = [];
    const { w, go, other } = prepared();
    const loop = defineActor({
      ...ports,
      async run({ inputs, running, next, tryNext, commit }) {
        while (running()) {
          void (tryNext(inputs.go.avail()) ?? (await next(inputs.go.avail())));
          inputs.go.take();
          await Promise.resolve();
          outcomes.push(await outcomeOf(() => other.send('x')));
          await commit();
          await Promise.resolve();
          outcomes.push(await outcomeOf(() => other.send('x')));
        }
      },
    });
    w.graph.actor('loop', loop, { go });
    w.graph.start();
    for (const value of [1, 2, 3]) await go.send(value);
    await w.sim.settle();
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => CODE));
  });

  test('a source is held to it, from its second call on where it is no async function', async () => {
    const outcomes: string[] = [];
    const { w, other } = prepared();
    const source = defineActor({
      source: () =>
        Promise.resolve()
          .then(() => outcomeOf(() => other.send('x')))
          .then((outcome) => (outcomes.push(outcome) < 4 ? ('more' as const) : ('done' as const))),
    });
    w.graph.actor('source', source, {});
    w.graph.start();
    await w.sim.settle();
    expect(outcomes).toEqual(['done', CODE, CODE, CODE]);
  });

  test('an actor is held to it whose other turns are synchronous', async () => {
    const outcomes: string[] = [];
    const { w, go, other } = prepared();
    const mixed = defineActor({
      inputs: { go: input<number>(), more: input<number>({ capacity: 8 }) },
      on: {
        async go() {
          await Promise.resolve();
          outcomes.push(await outcomeOf(() => other.send('x')));
        },
        more: () => undefined,
      },
    });
    const handle = w.graph.actor('mixed', mixed, { go });
    for (let value = 0; value < 5; value += 1) {
      handle.input('more').trySend(value);
      go.trySend(value);
    }
    w.graph.start();
    await w.sim.settle();
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => CODE));
  });
});

describe('what is no part of the turn may use them', () => {
  test.each([true, false])('an effect, before and after an await (trackStray: %s)', async (trackStray) => {
    const outcomes: string[] = [];
    const { w, go, other } = prepared({ trackStray });
    const handler = defineActor({
      ...ports,
      on: {
        async go(_, { effect }) {
          await effect('tell', async () => {
            outcomes.push(await outcomeOf(() => other.send('at once')));
            await Promise.resolve();
            outcomes.push(await outcomeOf(() => other.send('later')));
          });
        },
      },
    });
    w.graph.actor('handler', handler, { go });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect([outcomes, other.size]).toEqual([['done', 'done'], 2]);
  });

  test('but the turn may not, beside the effect and after it', async () => {
    const outcomes: string[] = [];
    const { w, go, other } = prepared();
    const handler = defineActor({
      ...ports,
      on: {
        async go(_, { effect }) {
          const effected = effect('tell', () => Promise.resolve());
          outcomes.push(await outcomeOf(() => other.send('x')));
          await effected;
          outcomes.push(await outcomeOf(() => other.send('x')));
        },
      },
    });
    w.graph.actor('handler', handler, { go });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect(outcomes).toEqual([CODE, CODE]);
  });

  /** A bell that an actor listens to; ringing it calls the listener in the context in which it was set up. */
  function bell(other: Channel<string>): { listen: () => void; ring: () => Promise<void>; outcomes: string[] } {
    const outcomes: string[] = [];
    let rung = deferred();
    const listen = (): void =>
      void (async () => {
        for (;;) {
          await rung.promise;
          outcomes.push(await outcomeOf(() => other.send('ding')));
        }
      })();
    const ring = async (): Promise<void> => {
      const { resolve } = rung;
      rung = deferred();
      resolve();
    };
    return { listen, ring, outcomes };
  }

  test('a listener that a loop sets up before its first wait, even while a turn is open', async () => {
    const { w, go, other } = prepared();
    const { listen, ring, outcomes } = bell(other);
    const gate = deferred();
    const loop = defineActor({
      ...ports,
      async run({ inputs, running, next }) {
        listen();
        while (running()) {
          await next(inputs.go.avail());
          inputs.go.take();
          await gate.promise;
        }
      },
    });
    w.graph.actor('loop', loop, { go });
    await go.send(1); // no wait before the turn
    w.graph.start();
    await w.sim.settle();
    await ring();
    await w.sim.settle();
    gate.resolve();
    await w.sim.settle();
    await ring();
    await w.sim.settle();
    expect([outcomes, other.size]).toEqual([['done', 'done'], 2]);
  });

  test('what a turn of a loop has left behind, while a later one is open', async () => {
    const { w, go, other } = prepared();
    const { listen, ring, outcomes } = bell(other);
    const gate = deferred();
    const loop = defineActor({
      ...ports,
      async run({ inputs, running, next }) {
        while (running()) {
          await next(inputs.go.avail());
          if (inputs.go.take() === 1) listen();
          else await gate.promise;
        }
      },
    });
    w.graph.actor('loop', loop, { go });
    w.graph.start();
    await w.sim.settle();
    await go.send(1);
    await w.sim.settle();
    await go.send(2);
    await w.sim.settle();
    await ring();
    await w.sim.settle();
    expect(outcomes).toEqual(['done']);
  });

  test.each(['an async turn', 'a turn that returns nothing'])(
    'what %s of a handler has left behind, while a later one is open',
    async (kind) => {
      const { w, go, other } = prepared();
      const { listen, ring, outcomes } = bell(other);
      const gate = deferred();
      const asynchronous = async (value: number): Promise<void> => {
        if (value === 1) listen();
        else await gate.promise;
      };
      const definition =
        kind === 'an async turn'
          ? defineActor({ ...ports, on: { go: asynchronous } })
          : defineActor({ ...ports, on: { go: (value) => (value === 1 ? listen() : gate.promise) } });
      w.graph.actor('handler', definition, { go });
      await go.send(1);
      await go.send(2);
      w.graph.start();
      await w.sim.settle();
      await ring();
      await w.sim.settle();
      expect([outcomes, other.size]).toEqual([['done'], 1]);
    },
  );

  test('code outside, while turns are open', async () => {
    const { w, go, other } = prepared();
    const gate = deferred();
    w.graph.actor('handler', defineActor({ ...ports, on: { go: () => gate.promise } }), { go });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect(await outcomeOf(() => other.send('x'))).toBe('done');
  });

  test('sinks and listeners of the graph, whoever wakes them', async () => {
    const outcomes: string[] = [];
    const { w, go, other } = prepared();
    const out = w.graph.channel<number>('out', { capacity: 8 });
    w.graph.feed('feed', [1, 2], out);
    w.graph.sink('sink', out, async () => {
      await Promise.resolve();
      outcomes.push(`sink: ${await outcomeOf(() => other.send('x'))}`);
    });
    w.graph.subscribe(({ kind }) => {
      if (kind === 'failed')
        void outcomeOf(() => other.send('x')).then((outcome) => outcomes.push(`listener: ${outcome}`));
    });
    const failing = defineActor({
      ...ports,
      on: {
        async go() {
          await Promise.resolve();
          throw new Error('on purpose');
        },
      },
    });
    w.graph.actor('failing', failing, { go }, { showstopperAfter: 1 });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect(outcomes.sort()).toEqual(['listener: done', 'sink: done', 'sink: done']);
  });

  test('another graph', async () => {
    const { w, go } = prepared();
    const second = new Graph({ name: 'second', logLevel: 'silent', ports: new Simulation().ports });
    const other = second.channel<string>('elsewhere', { capacity: 8 });
    const outcomes: string[] = [];
    const handler = defineActor({
      ...ports,
      on: {
        async go() {
          await Promise.resolve();
          outcomes.push(await outcomeOf(() => other.send('x')));
        },
      },
    });
    w.graph.actor('handler', handler, { go });
    w.graph.start();
    await go.send(1);
    await w.sim.settle();
    expect(outcomes).toEqual(['done']);
  });
});

test.each([
  [{ trackStray: false }, 'done'],
  [{ checks: false }, 'done'],
  [{}, CODE],
] as const)('with the options %j a send after an await gives %s', async (graph, expected) => {
  const outcomes: string[] = [];
  const run = (w: SingleWorld): Promise<unknown> => give(w, 1);
  const handler = handlerWorld(
    async () => {
      await Promise.resolve();
      outcomes.push(await outcomeOf(() => handler.tick.send('x')));
    },
    { graph },
  );
  await run(handler);
  const loop = loopWorld(
    async ({ next, inputs }) => {
      await next(inputs.go.avail());
      inputs.go.take();
      await Promise.resolve();
      outcomes.push(await outcomeOf(() => loop.tick.send('x')));
      await next(inputs.go.avail());
    },
    { graph },
  );
  await run(loop);
  expect([outcomes, letters(handler)]).toEqual([[expected, expected], []]);
});
