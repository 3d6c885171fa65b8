import { args, defineActor, Graph, input, output, table } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, collect, stopCleanly, world } from './world.ts';

const reader = defineActor({ inputs: { in: input<number>() }, on: { in: () => undefined } });

const invalid = (option: string): Error =>
  expect.objectContaining({
    code: 'ERR_INVALID_OPTION',
    details: expect.objectContaining({ option }) as unknown,
  }) as Error;

describe('options of an actor', () => {
  const place = (options: object): unknown => {
    const { graph } = world();
    return graph.actor('reader', reader, { in: graph.channel<number>('in', { capacity: 1 }) }, options);
  };

  test.each<[string, object]>([
    ['restart', { restart: 'temporary' }],
    ['maxRestarts', { maxRestarts: 0 }],
    ['maxRestarts', { maxRestarts: Infinity }],
    ['periodMs', { periodMs: 1 }],
    ['showstopperAfter', { showstopperAfter: 1 }],
    ['showstopperAfter', { showstopperAfter: Infinity }],
    ['turnTimeoutMs', { turnTimeoutMs: 1 }],
    ['turnTimeoutMs', { turnTimeoutMs: Infinity }],
    ['backoff', { backoff: { minMs: 0, maxMs: 0, factor: 1, jitter: 1, resetAfterMs: 0 } }],
    ['retryBackoff', { retryBackoff: { minMs: 5, maxMs: 5, jitter: 0 } }],
  ])('%s: just inside %o', (_, options) => {
    expect(() => place(options)).not.toThrow();
  });

  test.each<[string, object]>([
    ['restart', { restart: 'always' }],
    ['maxRestarts', { maxRestarts: -1 }],
    ['maxRestarts', { maxRestarts: 0.5 }],
    ['periodMs', { periodMs: 0 }],
    ['periodMs', { periodMs: Infinity }],
    ['showstopperAfter', { showstopperAfter: 0 }],
    ['isolate', { isolate: 'yes' }],
    ['showstopper', { showstopper: 3 }],
    ['showstopperAfter', { showstopperAfter: 1.5 }],
    ['turnTimeoutMs', { turnTimeoutMs: 0 }],
    ['turnTimeoutMs', { turnTimeoutMs: NaN }],
    ['backoff.minMs', { backoff: { minMs: -1 } }],
    ['backoff.maxMs', { backoff: { minMs: 10, maxMs: 9 } }],
    ['backoff.factor', { backoff: { factor: 0.99 } }],
    ['backoff.jitter', { backoff: { jitter: -0.01 } }],
    ['backoff.jitter', { backoff: { jitter: 1.01 } }],
    ['backoff.resetAfterMs', { backoff: { resetAfterMs: -1 } }],
    ['retryBackoff.minMs', { retryBackoff: { minMs: Infinity } }],
    ['min', { backoff: { min: 1 } }],
    ['maxRestart', { maxRestart: 1 }],
  ])('%s: just outside %o', (option, options) => {
    expect(() => place(options)).toThrow(invalid(option));
  });

  test('take their defaults from the graph, one by one', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1, retryBackoff: { minMs: 7 } } });
    const failing = defineActor({
      inputs: { in: input<number>() },
      on: {
        in() {
          throw new Error('boom');
        },
      },
    });
    const [a, b] = ['a', 'b'].map((name) => w.graph.channel<number>(name, { capacity: 1 })) as [never, never];
    w.graph.actor('a', failing, { in: a });
    w.graph.actor('b', failing, { in: b }, { showstopperAfter: 2 });
    w.graph.start();
    for (const channel of [a, b] as { trySend(n: number): unknown }[]) channel.trySend(1);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ actor, attempts }) => [actor, attempts])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    await stopCleanly(w);
  });
});

describe('options of a graph and its channels', () => {
  test.each<[string, object]>([
    ['name', { name: '' }],
    ['checks', { checks: 1 }],
    ['shutdownTimeoutMs', { shutdownTimeoutMs: -1 }],
    ['slowTurnMs', { slowTurnMs: 0 }],
    ['deadLetters.capacity', { deadLetters: { capacity: 0 } }],
    ['deadLetters.whenFull', { deadLetters: { whenFull: 'drop' } }],
    ['size', { deadLetters: { size: 1 } }],
    ['logLevel', { logLevel: 'loud' }],
    ['timer', { ports: { timer: {} } }],
    ['maxRestarts', { actorDefaults: { maxRestarts: -1 } }],
    ['nmae', { nmae: 'x' }],
  ])('%s: refused %o', (option, options) => {
    expect(() => new Graph({ name: 'test', ...options })).toThrow(invalid(option));
  });

  test('just inside is taken', () => {
    const options = { shutdownTimeoutMs: 0, slowTurnMs: 1, deadLetters: { capacity: 1, whenFull: 'evict' as const } };
    expect(() => new Graph({ name: 'x', ...options })).not.toThrow();
    const { graph } = world();
    expect(() => graph.channel('one', { capacity: 1, maxWaiting: 0 })).not.toThrow();
  });

  test.each<[string, object]>([
    ['capacity of channel "c"', { capacity: 0 }],
    ['capacity of channel "c"', { capacity: 1.5 }],
    ['capacity of channel "c"', {}],
    ['maxWaiting of channel "c"', { capacity: 1, maxWaiting: -1 }],
    ['maxwaiting', { capacity: 1, maxwaiting: 1 }],
  ])('%s: refused %o', (option, options) => {
    expect(() => world().graph.channel('c', options as never)).toThrow(invalid(option));
  });

  test('names are unique: those of actors, feeds and sinks, and those of channels', () => {
    const { graph } = world();
    const a = graph.channel<number>('a', { capacity: 1 });
    const b = graph.channel<number>('b', { capacity: 1 });
    graph.actor('x', reader, { in: a });
    const duplicate = expect.objectContaining({ code: 'ERR_DUPLICATE_NAME' }) as Error;
    expect(() => graph.channel('a', { capacity: 1 })).toThrow(duplicate);
    expect(() => graph.actor('x', reader, { in: b })).toThrow(duplicate);
    expect(() => graph.feed('x', [], b)).toThrow(duplicate);
    expect(() => graph.sink('x', b, () => undefined)).toThrow(duplicate);
    graph.actor('y', reader, { in: b }); // a refused attempt has wired nothing
  });
});

describe('what is placed', () => {
  test.each([undefined, null, { inputs: {}, on: {} }])('is a definition, and not %o', (definition) => {
    expect(() => world().graph.actor('x', definition as never, {})).toThrow(invalid('definition of actor "x"'));
  });

  test.each([undefined, null, 5])('is wired by an object, and not by %o', (wiring) => {
    expect(() => world().graph.actor('x', reader, wiring as never)).toThrow(invalid('wiring of actor "x"'));
  });
});

describe('wiring', () => {
  const two = defineActor({
    inputs: { in: input<number>() },
    outputs: { out: output<number>() },
    on: { in: () => undefined },
  });
  const wrong = (port: string): Error =>
    expect.objectContaining({ code: 'ERR_WIRING', details: { actor: 'x', port } }) as Error;

  test('a missing, unknown or foreign channel, and a second reader, are refused, and nothing is half done', async () => {
    const w = world();
    const a = w.graph.channel<number>('a', { capacity: 1 });
    const b = w.graph.channel<number>('b', { capacity: 1 });
    const foreign = world().graph.channel<number>('a', { capacity: 1 });
    expect(() => w.graph.actor('x', two, { in: a } as never)).toThrow(wrong('out'));
    expect(() => w.graph.actor('x', two, { out: b } as never)).toThrow(wrong('in'));
    expect(() => w.graph.actor('x', two, { in: a, out: b, more: b } as never)).toThrow(wrong('more'));
    expect(() => w.graph.actor('x', two, { in: a, out: b, toString: b } as never)).toThrow(wrong('toString'));
    expect(() => w.graph.actor('x', two, { in: foreign, out: b })).toThrow(wrong('in'));
    expect(() => w.graph.actor('x', two, { in: a, out: foreign })).toThrow(wrong('out'));
    w.graph.actor('x', two, { in: a, out: b });
    expect(() => w.graph.actor('y', two, { in: a, out: b })).toThrow(
      expect.objectContaining({ code: 'ERR_WIRING' }) as Error,
    );
    collect(w.graph, b);
    w.graph.start();
    await stopCleanly(w);
  });

  test('a handle has the inputs of its definition, and no others', () => {
    const w = world();
    const definition = defineActor({ inputs: { in: input<number>({ capacity: 1 }) }, on: { in: () => undefined } });
    const handle = w.graph.actor('x', definition, {});
    for (const port of ['inn', 'constructor']) expect(() => handle.input(port as 'in')).toThrow(wrong(port));
    expect(handle.input('in').name).toBe('x.in');
  });

  test('one channel cannot be two inputs of the same actor', () => {
    const w = world();
    const a = w.graph.channel<number>('a', { capacity: 1 });
    const twice = defineActor({
      inputs: { one: input<number>(), two: input<number>() },
      on: { one: () => undefined, two: () => undefined },
    });
    expect(() => w.graph.actor('x', twice, { one: a, two: a })).toThrow(
      expect.objectContaining({ code: 'ERR_WIRING' }) as Error,
    );
  });

  test('one channel may be two outputs of the same actor: what they send together must fit, and order is kept', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const go = w.graph.channel<number>('go', { capacity: 4 });
    const shared = w.graph.channel<number>('shared', { capacity: 2 });
    const doubled = defineActor({
      inputs: { go: input<number>() },
      outputs: { left: output<number>(), right: output<number>() },
      on: {
        go(value, ctx) {
          ctx.outputs.left.send(value);
          ctx.outputs.right.send(-value);
        },
      },
    });
    w.graph.actor('doubled', doubled, { go, left: shared, right: shared });
    const arrived = collect(w.graph, shared);
    w.graph.start();
    for (const value of [1, 2, 3]) await go.send(value);
    await w.sim.settle();
    expect(arrived).toEqual([1, -1, 2, -2, 3, -3]);
    expect(w.graph.snapshot().channels.find(({ name }) => name === 'shared')?.highestFill).toBeLessThanOrEqual(2);
    await stopCleanly(w);
  });

  test('arguments reach the state and the turns', async () => {
    const w = world();
    const counting = defineActor({
      inputs: { in: input<number>() },
      args: args<{ start: number; step: number }>(),
      state: ({ start }) => ({ n: start }),
      on: {
        in(_, ctx) {
          ctx.state.n += ctx.args.step;
        },
      },
    });
    const go = w.graph.channel<number>('go', { capacity: 1 });
    w.graph.actor('counting', counting, { in: go }, { args: { start: 10, step: 5 } });
    w.graph.start();
    await go.send(0);
    await w.sim.settle();
    expect(actorOf(w.graph, 'counting').state).toEqual({ n: 15 });
    await stopCleanly(w);
  });
});

describe('batches', () => {
  const on = { in: () => undefined };
  const wired = (size: number) => defineActor({ inputs: { in: input<number>({ batch: { size } }) }, on });
  const own = (size: number) => defineActor({ inputs: { in: input<number>({ batch: { size }, capacity: 4 }) }, on });
  const tooSmall = (channel: string) =>
    expect.objectContaining({
      code: 'ERR_OVER_CAPACITY',
      details: { channel, capacity: 4, asked: 5 },
      message: `actor "x": "in" takes batches of 5, and its channel "${channel}" holds 4 messages at the most: raise the capacity or make the batches smaller`,
    }) as Error;

  test('a channel must hold a whole one, whether it is wired or the actor has it for itself', () => {
    const { graph } = world();
    const four = graph.channel<number>('four', { capacity: 4 });
    expect(() => graph.actor('x', wired(5), { in: four })).toThrow(tooSmall('four'));
    expect(() => graph.actor('x', own(5), {})).toThrow(tooSmall('x.in'));
    graph.actor('x', wired(4), { in: four }); // a refused attempt has wired nothing
    graph.actor('y', own(4), {});
  });
});

describe('definitions', () => {
  const on = { in: () => undefined };
  test.each<[string, object]>([
    ['exactly one of run, on and source, and has 0', {}],
    ['exactly one of run, on and source, and has 2', { run: () => undefined, source: () => 'done' }],
    ['no handler for input "in"', { inputs: { in: input() }, on: {} }],
    ['a handler for "out", which is no input', { inputs: { in: input() }, on: { ...on, out: () => undefined } }],
    ['handler style needs an input', { on: {} }],
    ['a source has no inputs', { inputs: { in: input() }, source: () => 'done' }],
    ['onDrained belongs to handler style', { run: () => undefined, onDrained: () => undefined }],
    [
      'input "in" is in batches, which are for handlers (on): a loop has takeMany',
      { inputs: { in: input({ batch: { size: 1 } }) }, run: () => undefined },
    ],
    ['a source has no inputs', { inputs: { in: input({ batch: { size: 1 } }) }, source: () => 'done' }],
    ['"in" is both an input and an output', { inputs: { in: input() }, outputs: { in: output() }, on }],
    ['"constructor" is a name that every object has', { inputs: { constructor: input() }, run: () => undefined }],
    ['"__proto__" is a name that every object has', JSON.parse('{"outputs": {"__proto__": {}}}')],
    ['"toString" is a name that every object has', { tables: { toString: table() }, inputs: { in: input() }, on }],
  ])('are refused: %s', (problem, definition) => {
    expect(() => defineActor(definition as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_DEFINITION',
        message: expect.stringContaining(problem) as unknown,
      }) as Error,
    );
  });

  test('unknown keys and bad input options are refused', () => {
    expect(() => defineActor({ sauce: () => 'done' } as never)).toThrow(invalid('sauce'));
    expect(() => input({ capacity: 0 })).toThrow(invalid('input capacity'));
    expect(() => input({ size: 1 } as object)).toThrow(invalid('size'));
    expect(() => input({ batch: {} as never })).toThrow(invalid('input batch.size'));
    expect(() => input({ batch: { size: 0 } })).toThrow(invalid('input batch.size'));
    expect(() => input({ batch: { size: 1, timeoutMs: -1 } })).toThrow(invalid('input batch.timeoutMs'));
    expect(() => input({ batch: { size: 1, timeout: 1 } as never })).toThrow(invalid('timeout'));
    expect(input({ batch: { size: 1, timeoutMs: Infinity } }).batch).toEqual({ size: 1, timeoutMs: Infinity });
    expect(input({ batch: { size: 1 } }).batch.timeoutMs).toBe(0);
  });

  test('a state that cannot be rolled back keeps the graph from starting, by name', () => {
    const w = world();
    const bad = defineActor({ state: () => ({ db: { open: () => 1 } }), source: () => 'done' as const });
    w.graph.actor('bad', bad, {});
    expect(() => w.graph.start()).toThrow(
      expect.objectContaining({
        code: 'ERR_STATE_UNSUPPORTED',
        details: { path: 'state.db.open', found: 'a function' },
      }) as Error,
    );
    expect(w.graph.status).toBe('building');
    expect(w.sim.clock.keepsAlive).toBe(false);
  });

  test('a source that answers neither "more" nor "done" fails, and says what it answered', async () => {
    const w = world();
    const dull = defineActor({ source: () => 'maybe' as never });
    w.graph.actor('dull', dull, {}, { maxRestarts: 0 });
    w.graph.start();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(
      /must answer "more" or "done", got "maybe" \(string\)/,
    );
  });
});
