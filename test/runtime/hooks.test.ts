import { defineActor, type Exit, Graph, input, output, table } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { type Hooks, hookWorld, NOTHING, STYLES } from './hooks-world.ts';
import { deferred } from './single-actor.ts';
import { actorOf, collect, stopCleanly, world } from './world.ts';

type Ctx = Parameters<NonNullable<Hooks['onStart']>>[0];

const ALL: Hooks = { onStart: NOTHING, onRestart: NOTHING, onStop: NOTHING };

describe.each(STYLES)('the hooks of a %s', (style) => {
  test('come first and last, once each, around all turns', async () => {
    const w = hookWorld(style, ALL);
    for (const value of [1, 2, 3]) if (style !== 'source') await w.go.send(value);
    await w.sim.settle();
    await stopCleanly(w);
    expect(w.log).toEqual(['start 0', '1 in 0', '2 in 0', '3 in 0', 'stop 0 completed']);
    expect(w.graph.snapshot().actors[0]).toMatchObject({ phase: 'ended', restarts: 0, failures: 0 });
  });

  test('after a crash: the end of the one, then onRestart and onStart of the next, and the message again', async () => {
    const w = hookWorld(style, ALL, (value, ctx) => {
      if (value === 2 && ctx.regeneration === 0) throw new Error('two');
    });
    for (const value of [1, 2, 3]) if (style !== 'source') await w.go.send(value);
    await w.sim.settle();
    await stopCleanly(w);
    expect(w.log).toEqual([
      'start 0',
      '1 in 0',
      '2 in 0',
      'stop 0 crashed(two)',
      'restart 1 after crashed(two)',
      'start 1',
      '2 in 1',
      '3 in 1',
      'stop 1 completed',
    ]);
  });

  test('see and change the state as last committed, and send in turns of their own', async () => {
    const w = hookWorld(
      style,
      {
        onStart({ state, outputs }) {
          state.starts += 1;
          outputs.out.send(`start ${state.starts} of ${state.sum}`);
        },
        onStop({ state, outputs }) {
          state.stops += 1;
          outputs.out.send(`stop ${state.stops} of ${state.sum}`);
        },
      },
      (value, { state, regeneration, outputs }) => {
        if (style !== 'source') state.sum += value;
        outputs.out.send(String(value));
        if (value === 2 && regeneration === 0) throw new Error('two');
      },
    );
    for (const value of [1, 2, 3]) if (style !== 'source') await w.go.send(value);
    await w.sim.settle();
    await stopCleanly(w);
    const [one, all] = style === 'source' ? [1, 3] : [1, 6];
    expect(w.arrived).toEqual([
      'start 1 of 0',
      '1',
      `stop 1 of ${one}`,
      `start 2 of ${one}`,
      '2',
      '3',
      `stop 2 of ${all}`,
    ]);
    expect(actorOf(w.graph, 'actor').state).toEqual({ starts: 2, stops: 2, sum: all });
  });

  test('may be asynchronous: nothing else begins before they are over', async () => {
    const started = deferred();
    const stopped = deferred();
    const w = hookWorld(style, {
      async onStart(ctx) {
        await ctx.effect('opens', () => started.promise);
        ctx.outputs.out.send('started');
      },
      async onStop(ctx) {
        await ctx.effect('closes', () => stopped.promise);
        ctx.outputs.out.send('stopped');
      },
    });
    if (style !== 'source') await w.go.send(1);
    await w.sim.settle();
    expect([w.log, w.arrived, actorOf(w.graph, 'actor').phase]).toEqual([['start 0'], [], 'turn']);
    started.resolve();
    await w.sim.settle();
    w.graph.requestShutdown();
    await w.sim.settle();
    expect(w.log.at(-1)).toBe('stop 0 completed');
    expect(w.arrived).toEqual(['started']);
    expect(w.graph.status).toBe('draining');
    stopped.resolve();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.arrived).toEqual(['started', 'stopped']);
  });

  test('of a kill: no onStop; the next incarnation is told', async () => {
    const w = hookWorld(style, ALL, async (value, ctx) => {
      if (ctx.regeneration === 0) await ctx.effect('hangs', () => new Promise(() => undefined));
      if (value === 99) throw new Error('never');
    });
    if (style !== 'source') await w.go.send(1);
    await w.sim.settle();
    w.actor.kill();
    await w.sim.settle();
    expect(w.log.slice(0, 5)).toEqual(['start 0', '1 in 0', 'restart 1 after killed', 'start 1', '1 in 1']);
    await stopCleanly(w);
  });

  test('rolled back by its own wish: it begins anew, told by the error of the roll back', async () => {
    const w = hookWorld(style, ALL, (_, ctx) => {
      if (ctx.regeneration === 0) ctx.rollback();
    });
    if (style !== 'source') await w.go.send(1);
    await w.sim.settle();
    await stopCleanly(w);
    expect(w.log.slice(0, 6)).toEqual([
      'start 0',
      '1 in 0',
      'stop 0 crashed(actor "actor" rolled its turn back)',
      'restart 1 after crashed(actor "actor" rolled its turn back)',
      'start 1',
      '1 in 1',
    ]);
    expect(actorOf(w.graph, 'actor').failures).toBe(0);
  });
});

/** Fails in the first incarnation. */
const FAILS_FIRST = (_value: number, { regeneration }: Ctx): void => {
  if (regeneration === 0) throw new Error('first');
};

describe('onStart', () => {
  test.each(STYLES)('that fails is a failed start: it is undone, and no message is to blame (%s)', async (style) => {
    const w = hookWorld(
      style,
      {
        ...ALL,
        onStart({ state, outputs, regeneration }) {
          state.starts += 1;
          outputs.out.send(`start ${state.starts}`);
          if (regeneration === 1 || regeneration === 2) throw new Error(`not yet ${regeneration}`);
        },
      },
      FAILS_FIRST,
    );
    if (style !== 'source') await w.go.send(1);
    await w.sim.advance(1);
    expect(w.log.slice(3, 10)).toEqual([
      'restart 1 after crashed(first)',
      'start 1',
      'restart 2 after crashed(not yet 1)',
      'start 2',
      'restart 3 after crashed(not yet 2)',
      'start 3',
      '1 in 3',
    ]);
    await stopCleanly(w);
    expect(w.arrived).toEqual(['start 1', 'start 2']);
    expect(w.graph.deadLetters.total).toBe(0);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ failures: 3, restarts: 3 });
    expect(w.events.filter(({ kind }) => kind === 'startFailed')).toMatchObject([
      { actor: 'actor', regeneration: 1 },
      { actor: 'actor', regeneration: 2 },
    ]);
  });

  test.each(STYLES)('that fails at first fails the start of the graph (%s)', async (style) => {
    const w = hookWorld(style, {
      ...ALL,
      onStart() {
        throw new Error('never');
      },
    });
    if (style !== 'source') await w.go.send(1);
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      code: 'ERR_START_FAILED',
      cause: { message: 'never' },
    });
    expect(w.log).toEqual(['start 0']);
    if (style !== 'source') expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, attempts: 0 }]);
    expect(w.sim.clock.pending).toBe(0);
    w.graph.checkConservation();
  });

  test('that fails at first has those stopped that have started before, with their onStop, and no other starts', async () => {
    const w = world();
    const order: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const definition = defineActor({
        inputs: { go: input<number>({ capacity: 1 }) },
        onStart: async ({ effect }) => {
          order.push(`start ${name}`);
          await effect('opens', () => w.sim.clock.sleep(100));
          if (name === 'c') throw new Error('no');
        },
        onStop: (_, exit) => void order.push(`stop ${name} ${exit.kind}`),
        on: { go: NOTHING },
      });
      w.graph.actor(name, definition, {});
    }
    w.graph.start();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_START_FAILED' });
    expect(order).toEqual(['start a', 'start b', 'start c', 'stop b shutdown', 'stop a shutdown']);
    expect(w.sim.clock.nowMs()).toBe(300); // one after the other
  });

  test('that fails again and again exceeds the restart limit', async () => {
    const w = hookWorld(
      'handler',
      {
        ...ALL,
        onStart({ regeneration }) {
          if (regeneration > 0) throw new Error('never');
        },
      },
      FAILS_FIRST,
    );
    await w.go.send(1);
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_RESTART_LIMIT' });
    expect(w.log.filter((line) => line.startsWith('start'))).toHaveLength(6);
    expect(w.log.filter((line) => line.startsWith('stop'))).toEqual(['stop 0 crashed(first)']);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, attempts: 1 }]);
  });

  test.each([
    ['a rejected promise', () => Promise.reject(new Error('no'))],
    ['a roll back', ({ rollback }: Ctx) => rollback()],
    ['another answer', (() => 'ignored') as never],
    [
      'a poisoned turn',
      ({ exit }: Ctx) => {
        try {
          exit('because' as never);
        } catch {
          // what was refused cannot commit
        }
      },
    ],
    [
      'a deadline',
      async ({ effect }: Ctx): Promise<undefined> => {
        await effect('hangs', () => new Promise(NOTHING));
      },
    ],
  ])('fails by %s as well', async (_, onStart) => {
    const w = hookWorld(
      'handler',
      { ...ALL, onStart: (ctx) => (ctx.regeneration === 1 ? (onStart as (ctx: Ctx) => undefined)(ctx) : undefined) },
      FAILS_FIRST,
      { actor: { turnTimeoutMs: 100 } },
    );
    await w.go.send(1);
    await w.sim.advance(100);
    expect(w.log.slice(4)).toEqual([
      'start 1',
      expect.stringContaining('restart 2 after crashed'),
      'start 2',
      '1 in 2',
    ]);
    await stopCleanly(w);
  });

  test('killed: a failed start, and the next incarnation is told', async () => {
    const w = hookWorld(
      'handler',
      {
        ...ALL,
        async onStart({ effect, regeneration, outputs }) {
          outputs.out.send(`start ${regeneration}`);
          if (regeneration === 1) await effect('hangs', () => new Promise(NOTHING));
        },
      },
      FAILS_FIRST,
    );
    await w.go.send(1);
    await w.sim.settle();
    expect(w.log.at(-1)).toBe('start 1');
    w.actor.kill('enough');
    await w.sim.advance(1);
    expect(w.log.slice(5)).toEqual(['restart 2 after killed', 'start 2', '1 in 2']);
    expect(w.arrived).toEqual(['start 0', 'start 2']);
    expect(w.events.find(({ kind }) => kind === 'startFailed')).toMatchObject({ error: { code: 'ERR_ABANDONED' } });
    await stopCleanly(w);
  });

  test('killed before its first slice: a failed start without a hook, at the restart', async () => {
    const w = hookWorld('handler', ALL, FAILS_FIRST);
    let isKilled = false;
    w.graph.subscribe(({ kind }) => {
      if (kind !== 'restarting' || isKilled) return;
      isKilled = true;
      w.actor.kill('enough');
    });
    await w.go.send(1);
    await w.sim.advance(1);
    expect(w.log.slice(3)).toEqual(['restart 2 after killed', 'start 2', '1 in 2']);
    expect(w.events.filter(({ kind }) => kind === 'startFailed')).toMatchObject([
      { actor: 'actor', regeneration: 1, error: { code: 'ERR_ABANDONED' } },
    ]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ restarts: 2, failures: 2, regeneration: 2 });
    await stopCleanly(w);
  });

  test('killed before its first slice: the graph does not start', async () => {
    const w = hookWorld('handler', ALL);
    w.actor.kill('enough');
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_START_FAILED' });
    expect(w.log).toEqual([]);
    expect(w.events.find(({ kind }) => kind === 'startFailed')).toMatchObject({ regeneration: 0 });
  });

  test('two hooks in one turn have one deadline, one fate, and one context', async () => {
    const contexts: unknown[] = [];
    const w = hookWorld(
      'handler',
      {
        async onRestart(ctx) {
          contexts.push(ctx);
          ctx.outputs.out.send(`restart ${ctx.regeneration}`);
          await ctx.effect('60 ms', () => w.sim.clock.sleep(60));
        },
        async onStart(ctx) {
          if (ctx.regeneration === 0) return;
          contexts.push(ctx);
          if (ctx.regeneration === 1) {
            await ctx.effect('60 ms', () => w.sim.clock.sleep(60));
          }
        },
      },
      (_, ctx) => {
        if (ctx.regeneration === 0) throw new Error('zero');
      },
      { actor: { turnTimeoutMs: 100 } },
    );
    await w.go.send(1);
    await w.sim.advance(99);
    expect(w.arrived).toEqual([]);
    await w.sim.advance(100);
    expect(w.arrived).toEqual(['restart 2']);
    expect(contexts[0]).toBe(contexts[1]);
    await stopCleanly(w);
  });

  test.each(STYLES)('"ignore" ends the actor without a failure, and without an onStop (%s)', async (style) => {
    const w = hookWorld(style, {
      ...ALL,
      onStart({ outputs }) {
        outputs.out.send('not now');
        return 'ignore';
      },
    });
    if (style !== 'source') await w.go.send(1);
    await w.sim.settle();
    expect([w.log, w.arrived]).toEqual([['start 0'], ['not now']]);
    expect(w.events).toContainEqual({ kind: 'ended', actor: 'actor', exit: { kind: 'normal' } });
    expect(actorOf(w.graph, 'actor').failures).toBe(0);
    if (style !== 'source') expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, reason: 'no-consumer' }]);
    await stopCleanly(w);
  });

  test('may ask to exit: the incarnation has begun then, and ends', async () => {
    const w = hookWorld('handler', { ...ALL, onStart: ({ exit }) => exit() }, NOTHING, {
      actor: { restart: 'transient' },
    });
    await w.sim.settle();
    expect(w.log).toEqual(['start 0', 'stop 0 normal']);
    await stopCleanly(w);
  });

  test('may ask the graph to stop', async () => {
    const w = hookWorld('handler', { ...ALL, onStart: ({ requestShutdown }) => requestShutdown('enough') });
    await w.sim.runUntil(w.graph.stopped());
    expect(w.log).toEqual(['start 0', 'stop 0 completed']);
    expect(w.events).toContainEqual({ kind: 'stopping', reason: 'enough' });
  });

  test('of a graph that is stopped while it starts: the others start as well, and all drain', async () => {
    const w = world();
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const definition = defineActor({
        inputs: { go: input<number>({ capacity: 1 }) },
        onStart: async ({ effect }) => {
          order.push(`start ${name}`);
          await effect('opens', () => w.sim.clock.sleep(100));
        },
        onStop: (_, exit) => void order.push(`stop ${name} ${exit.kind}`),
        on: { go: NOTHING },
      });
      w.graph.actor(name, definition, {});
    }
    w.graph.start();
    await w.sim.advance(150);
    await stopCleanly(w);
    expect(order.slice(0, 2)).toEqual(['start a', 'start b']);
    expect(order.toSorted()).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [`start ${name}`, `stop ${name} completed`]).toSorted(),
    );
  });

  test('waits for room like any turn; a kill meanwhile undoes it, and the next start sends once', async () => {
    const w = hookWorld(
      'handler',
      {
        ...ALL,
        onStart: ({ outputs, regeneration }) => outputs.out.sendMany([`a ${regeneration}`, `b ${regeneration}`]),
      },
      NOTHING,
      { outCapacity: 2, unread: true },
    );
    await w.sim.settle();
    expect(w.out.size).toBe(2);
    w.actor.kill();
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor').phase).toBe('committing');
    w.actor.kill();
    await w.sim.settle();
    const reader = w.out[Symbol.asyncIterator]();
    const read: unknown[] = [];
    for (let n = 0; n < 4; n += 1) read.push((await w.sim.runUntil(reader.next())).value);
    expect(read).toEqual(['a 0', 'b 0', 'a 2', 'b 2']);
    w.graph.checkConservation();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });

  test('has an id of its own in each incarnation, and takes none from the turns that are retried', async () => {
    const ids: string[] = [];
    const w = hookWorld(
      'source',
      { onStart: ({ turnId }) => void ids.push(turnId), onStop: ({ turnId }) => void ids.push(turnId) },
      (value, ctx) => {
        ids.push(ctx.turnId);
        if (value === 2 && ctx.regeneration === 0) throw new Error('two');
      },
    );
    await w.sim.settle();
    await stopCleanly(w);
    expect(ids.map((id) => id.slice(id.indexOf('/')))).toEqual([
      '/actor/onStart/0',
      '/actor/turn/0',
      '/actor/turn/1',
      '/actor/onStop/0',
      '/actor/onStart/1',
      '/actor/turn/1',
      '/actor/turn/2',
      '/actor/onStop/1',
    ]);
  });

  test('is no recovery: a message that fails each time comes to its limit, and delays grow', async () => {
    const at: number[] = [];
    const w = hookWorld(
      'handler',
      { ...ALL, onStart: ({ state }) => void (state.starts += 1) },
      (_, ctx) => {
        at.push(ctx.nowMs());
        throw new Error('bad');
      },
      { actor: { showstopperAfter: 4, retryBackoff: { minMs: 100, jitter: 0 } } },
    );
    await w.go.send(1);
    await w.sim.advance(10_000);
    expect(at).toEqual([0, 0, 100, 300]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, reason: 'showstopper', attempts: 4 }]);
    expect(w.log.slice(-3)).toEqual(['stop 3 crashed(bad)', 'restart 4 after crashed(bad)', 'start 4']);
    await stopCleanly(w);
  });

  test('runs at the start of the graph, before there is a message, in the order of the actors', async () => {
    const w = world();
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const definition = defineActor({
        inputs: { go: input<number>({ capacity: 1 }) },
        onStart: (ctx) => void order.push(ctx.name),
        on: { go: NOTHING },
      });
      w.graph.actor(name, definition, {});
    }
    w.graph.start();
    await w.sim.settle();
    expect(order).toEqual(['a', 'b', 'c']);
    await stopCleanly(w);
  });

  test('has the tables, and its leftovers are fenced', async () => {
    const leftovers: (() => void)[] = [];
    const w = world();
    const keeper = defineActor({
      inputs: { go: input<string>({ capacity: 8 }) },
      tables: { seen: table<string, number>() },
      onStart({ tables, requestShutdown }) {
        tables.seen.set('starts', (tables.seen.get('starts') ?? 0) + 1);
        leftovers.push(() => requestShutdown());
      },
      on: { go: NOTHING },
      onStop: ({ tables }) => tables.seen.set('stops', 1),
    });
    w.graph.actor('keeper', keeper, {});
    w.graph.start();
    await w.sim.settle();
    expect(leftovers[0]).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }));
    await stopCleanly(w);
    expect(actorOf(w.graph, 'keeper').tables).toEqual({
      seen: [
        ['starts', 1],
        ['stops', 1],
      ],
    });
  });
});

describe('onStop', () => {
  test.each([
    ['nothing', (ctx: Ctx) => ctx.exit(), 'normal'],
    ['"normal"', (ctx: Ctx) => ctx.exit('normal'), 'normal'],
    ['"shutdown"', (ctx: Ctx) => ctx.exit('shutdown'), 'shutdown'],
    ['{ shutdown: why }', (ctx: Ctx) => ctx.exit({ shutdown: 'lunch' }), 'shutdown("lunch")'],
  ] as const)('is told the reason of exit: %s', async (_, exit, text) => {
    const w = hookWorld('handler', ALL, (_value, ctx) => exit(ctx), { actor: { restart: 'transient' } });
    await w.go.send(1);
    await w.sim.settle();
    expect(w.log).toEqual(['start 0', '1 in 0', `stop 0 ${text}`]);
    expect(w.events.find(({ kind }) => kind === 'ended')).toMatchObject({
      exit: text === 'shutdown("lunch")' ? { kind: 'shutdown', why: 'lunch' } : { kind: text },
    });
    await stopCleanly(w);
  });

  test('the first reason of a turn counts; what is none fails the turn, though it be caught', async () => {
    const w = hookWorld(
      'handler',
      ALL,
      (value, ctx) => {
        if (value === 1) {
          try {
            ctx.exit('because' as never);
          } catch {
            // poisoned all the same
          }
          return;
        }
        ctx.exit({ shutdown: 1 });
        ctx.exit();
      },
      { actor: { restart: 'transient', showstopperAfter: 1 } },
    );
    await w.go.send(1);
    await w.go.send(2);
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 1, error: { message: expect.stringContaining('because') } },
    ]);
    expect(w.log.at(-1)).toBe('stop 1 shutdown(1)');
    await stopCleanly(w);
  });

  test('runs before the outputs close: what it sends still arrives', async () => {
    const { graph, sim } = world();
    const middle = graph.channel<string>('middle', { capacity: 1 });
    const end = graph.channel<string>('end', { capacity: 1 });
    const first = defineActor({
      outputs: { out: output<string>() },
      source: () => 'done',
      onStop: ({ outputs }) => outputs.out.send('last'),
    });
    const second = defineActor({
      inputs: { in: input<string>() },
      outputs: { out: output<string>() },
      on: { in: (word, { outputs }) => outputs.out.send(word) },
      onStop: ({ outputs }) => outputs.out.send('very last'),
    });
    graph.actor('first', first, { out: middle });
    graph.actor('second', second, { in: middle, out: end });
    const arrived = collect(graph, end);
    graph.start();
    await sim.runUntil(graph.stopped());
    expect(arrived).toEqual(['last', 'very last']);
  });

  const ENDS: readonly (readonly [string, string, (ctx: Ctx) => void])[] = [
    ['exit', 'crashed(stop)', (ctx) => ctx.exit()],
    [
      'a crash',
      'crashed(turn)',
      () => {
        throw new Error('turn');
      },
    ],
    ['a roll back', 'crashed(actor "actor" rolled its turn back)', (ctx) => ctx.rollback()],
  ];
  test.each(ENDS)(
    'that fails after %s: what it did is undone, and the exit stays or becomes %s',
    async (_, text, end) => {
      const exits: Exit[] = [];
      const w = hookWorld(
        'handler',
        {
          onRestart: (_ctx, exit) => void exits.push(exit),
          onStop({ state, outputs, regeneration }) {
            state.stops += 1;
            outputs.out.send('undone');
            if (regeneration === 0) throw new Error('stop');
          },
        },
        (_value, ctx) => {
          if (ctx.regeneration === 0) end(ctx);
        },
      );
      await w.go.send(1);
      await w.sim.settle();
      expect(w.log.find((line) => line.startsWith('restart'))).toBe(`restart 1 after ${text}`);
      expect(w.arrived).toEqual([]);
      expect(actorOf(w.graph, 'actor').state).toMatchObject({ stops: 0 });
      expect(w.events.filter(({ kind }) => kind === 'failed')).toHaveLength(text.includes('rolled') ? 0 : 1);
      await stopCleanly(w);
    },
  );

  test('that fails when the actor has completed: it comes again, and again, until it succeeds', async () => {
    const w = hookWorld('source', {
      ...ALL,
      onStop({ regeneration, outputs }) {
        outputs.out.send(`bye ${regeneration}`);
        if (regeneration < 2) throw new Error('not yet');
      },
    });
    await w.sim.settle();
    await stopCleanly(w);
    expect(w.log.filter((line) => !line.includes(' in '))).toEqual([
      'start 0',
      'stop 0 completed',
      'restart 1 after crashed(not yet)',
      'start 1',
      'stop 1 completed',
      'restart 2 after crashed(not yet)',
      'start 2',
      'stop 2 completed',
    ]);
    expect(w.log.filter((line) => line.includes(' in '))).toHaveLength(3);
    expect(w.arrived).toEqual(['bye 2']);
  });

  test('that rolls back has done nothing, and changes nothing of the end', async () => {
    const w = hookWorld(
      'handler',
      {
        ...ALL,
        onStop({ outputs, rollback }) {
          outputs.out.send('undone');
          rollback();
        },
      },
      (_, { exit }) => exit('shutdown'),
      { actor: { restart: 'transient' } },
    );
    await w.go.send(1);
    await w.sim.settle();
    expect(w.events.find(({ kind }) => kind === 'ended')).toMatchObject({ exit: { kind: 'shutdown' } });
    expect(w.arrived).toEqual([]);
    await stopCleanly(w);
  });

  test('may ask for an exit, which is none any more', async () => {
    const w = hookWorld('handler', { ...ALL, onStop: ({ exit }) => exit('shutdown') }, (_, { exit }) => exit(), {
      actor: { restart: 'transient' },
    });
    await w.go.send(1);
    await w.sim.settle();
    expect(w.events.find(({ kind }) => kind === 'ended')).toMatchObject({ exit: { kind: 'normal' } });
    await stopCleanly(w);
  });

  test.each([
    ['exit', 'killed', (ctx: Ctx) => ctx.exit()],
    [
      'a crash',
      'crashed(turn)',
      () => {
        throw new Error('turn');
      },
    ],
  ] as const)(
    'killed in it, after %s: what it did is undone, and the exit stays or becomes %s',
    async (_, text, end) => {
      const w = hookWorld(
        'handler',
        {
          ...ALL,
          async onStop({ outputs, effect, regeneration }) {
            outputs.out.send('undone');
            if (regeneration === 0) await effect('hangs', () => new Promise(NOTHING));
          },
        },
        (_value, ctx) => {
          if (ctx.regeneration === 0) end(ctx);
        },
      );
      await w.go.send(1);
      await w.sim.settle();
      expect(w.graph.backstage.cells.get('actor')?.heldBy()).toBe('its onStop: a turn that awaits effect "hangs"');
      w.actor.kill();
      await w.sim.settle();
      expect(w.log.find((line) => line.startsWith('restart'))).toBe(`restart 1 after ${text}`);
      expect(w.arrived).toEqual([]);
      await stopCleanly(w);
    },
  );

  test('has five seconds, and is abandoned then as by a kill', async () => {
    let aborted = '';
    const w = hookWorld(
      'handler',
      {
        ...ALL,
        async onStop({ signal, effect, regeneration }) {
          signal.addEventListener('abort', () => (aborted = String(signal.reason)));
          if (regeneration === 0) await effect('hangs', () => new Promise(NOTHING));
        },
      },
      (_value, ctx) => {
        if (ctx.regeneration === 0) ctx.exit();
      },
    );
    await w.go.send(1);
    await w.sim.advance(4_999);
    expect([w.log.length, aborted]).toEqual([3, '']);
    await w.sim.advance(1);
    expect(w.log.slice(3)).toEqual(['restart 1 after killed', 'start 1']);
    expect(aborted).toContain('its onStop took longer than 5000 ms');
    expect(w.sim.clock.pending).toBe(0);
    await stopCleanly(w);
  });

  test('runs for an actor that sleeps, hibernates, or never had a message', async () => {
    const { graph, sim } = world();
    const order: string[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ capacity: 1 }) },
      on: { go: NOTHING },
      onStop: (ctx, exit) => void order.push(`${ctx.name} ${exit.kind}`),
    });
    graph.setAwakeMax(0, 0);
    const busy = graph.actor('busy', definition, {});
    graph.actor('idle', definition, {});
    graph.start();
    await busy.input('go').send(1);
    await sim.settle();
    expect(graph.backstage.cells.get('idle')?.actor).toBeUndefined(); // it hibernates
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
    expect(order.sort()).toEqual(['busy completed', 'idle completed']);
  });

  test('an actor with hooks that hibernates has begun once, and is the same after it', async () => {
    const { graph, sim } = world();
    const order: string[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ capacity: 4 }) },
      state: () => ({ sum: 0 }),
      onStart: ({ regeneration }) => void order.push(`start ${regeneration}`),
      onRestart: (_, exit) => void order.push(`restart after ${exit.kind}`),
      onStop: (_, exit) => void order.push(`stop ${exit.kind}`),
      on: {
        go(value, { state }) {
          order.push(`go ${value}`);
          if (value === 3 && order.filter((line) => line === 'go 3').length === 1) throw new Error('three');
          state.sum += value;
        },
      },
    });
    graph.setAwakeMax(0, 0);
    const actor = graph.actor('actor', definition, {});
    const other = graph.actor('other', definition, {});
    graph.start();
    await sim.settle();
    for (const value of [1, 2, 3]) {
      await actor.input('go').send(value);
      await sim.settle();
      await other.input('go').send(10);
      await sim.settle();
    }
    graph.requestShutdown();
    await sim.runUntil(graph.stopped());
    expect(order.filter((line) => line !== 'go 10')).toEqual([
      'start 0',
      'start 0',
      'go 1',
      'go 2',
      'go 3',
      'stop crashed',
      'restart after crashed',
      'start 1',
      'go 3',
      'stop completed',
      'stop completed',
    ]);
    expect(actorOf(graph, 'actor').state).toEqual({ sum: 6 });
  });
});

describe('a definition', () => {
  test.each(['onStart', 'onRestart', 'onStop'])('%s must be a function', (hook) => {
    const definition = { inputs: { go: input<number>() }, on: { go: NOTHING }, [hook]: 'soon' };
    expect(() => defineActor(definition as never)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_DEFINITION', message: expect.stringContaining(hook) }),
    );
  });

  test('with hooks can be placed many times: each has its own', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'many', ports: sim.ports });
    let starts = 0;
    const definition = defineActor({
      outputs: {},
      onStart: () => void (starts += 1),
      source: () => 'done',
    });
    for (let n = 0; n < 1_000; n += 1) graph.actor(`actor ${n}`, definition, {});
    graph.start();
    await sim.runUntil(graph.stopped());
    expect(starts).toBe(1_000);
  });
});
