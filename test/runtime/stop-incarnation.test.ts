/** How one incarnation is stopped by whoever supervises it: `Actor.stopIncarnation`. */
import type { Exit } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { type Context, exitText, type Hooks, hookWorld, type HookWorld, NOTHING, STYLES } from './hooks-world.ts';
import { deferred } from './single-actor.ts';
import { actorOf, stopCleanly } from './world.ts';

const ALL: Hooks = { onStart: NOTHING, onRestart: NOTHING, onStop: NOTHING };

/** Asks for the stop, and keeps what it is told. */
function stop(w: HookWorld, limitMs: number | 'brutal'): Exit[] {
  const exits: Exit[] = [];
  w.inside().stopIncarnation(limitMs, (exit) => exits.push(exit));
  return exits;
}

/** A number that takes as long as `ms` says. */
const slow =
  (w: () => HookWorld, ms: number) =>
  async (_value: number, ctx: Context): Promise<void> => {
    await ctx.effect('works', () => w().sim.clock.sleep(ms));
    ctx.outputs.out.send('worked');
  };

describe.each(STYLES)('a %s', (style) => {
  test('is stopped between two turns, keeps everything, and begins again', async () => {
    const w: HookWorld = hookWorld(style, ALL, (value, ctx) => {
      if (style === 'source') return;
      ctx.state.sum += value;
      ctx.outputs.out.send(String(ctx.state.sum));
    });
    if (style === 'source') {
      await w.sim.settle();
      await stopCleanly(w);
      return;
    }
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    expect(exits).toEqual([]); // from the ready queue, and not in the call
    await w.sim.settle();
    expect(exits).toEqual([{ kind: 'shutdown' }]);
    expect(w.log).toEqual(['start 0', '1 in 0', 'stop 0 shutdown']);
    await w.go.send(2);
    await w.go.send(3);
    await w.sim.advance(100_000);
    expect([w.log.length, w.go.size, w.inside().phase]).toEqual([3, 2, 'down']);
    expect(w.graph.snapshot().status).toBe('running');
    w.inside().beginAgain();
    await w.sim.settle();
    expect(w.log.slice(3)).toEqual(['restart 1 after shutdown', 'start 1', '2 in 1', '3 in 1']);
    expect(w.arrived).toEqual(['1', '3', '6']);
    expect(w.sim.clock.pending).toBe(0);
    await stopCleanly(w);
  });

  test('finishes the turn that is open, and begins no other', async () => {
    const w: HookWorld = hookWorld(
      style,
      ALL,
      slow(() => w, 50),
    );
    if (style !== 'source') for (const value of [1, 2, 3]) await w.go.send(value);
    await w.sim.advance(20);
    const exits = stop(w, 1_000);
    await w.sim.advance(29);
    expect([exits, w.log]).toEqual([[], ['start 0', '1 in 0']]);
    await w.sim.advance(1);
    expect([exits, w.log]).toEqual([[{ kind: 'shutdown' }], ['start 0', '1 in 0', 'stop 0 shutdown']]);
    expect(w.arrived).toEqual(['worked']);
    w.inside().end({ kind: 'shutdown' });
    await stopCleanly(w);
    expect(w.graph.deadLetters.list().map(({ payload, reason }) => [payload, reason])).toEqual(
      style === 'source'
        ? []
        : [
            [2, 'stopped'],
            [3, 'stopped'],
          ],
    );
  });

  test('that is not done in time is killed: its turn is undone, and there is no onStop', async () => {
    const w: HookWorld = hookWorld(
      style,
      ALL,
      slow(() => w, 500),
    );
    if (style !== 'source') await w.go.send(1);
    await w.sim.advance(20);
    const exits = stop(w, 100);
    await w.sim.advance(99);
    expect(exits).toEqual([]);
    await w.sim.advance(1);
    expect(exits).toEqual([{ kind: 'killed' }]);
    await w.sim.advance(1_000);
    expect([w.log, w.arrived]).toEqual([['start 0', '1 in 0'], []]);
    if (style !== 'source') expect(w.go.size).toBe(1);
    w.inside().beginAgain();
    await w.sim.advance(5_000);
    expect(w.log.slice(2, 5)).toEqual(['restart 1 after killed', 'start 1', '1 in 1']);
    await stopCleanly(w);
  });

  test('is stopped brutally in the middle of a turn, and between two', async () => {
    const w: HookWorld = hookWorld(
      style,
      ALL,
      slow(() => w, 500),
    );
    if (style !== 'source') await w.go.send(1);
    await w.sim.advance(20);
    const exits = stop(w, 'brutal');
    await w.sim.settle();
    expect([exits, w.log]).toEqual([[{ kind: 'killed' }], ['start 0', '1 in 0']]);
    w.inside().beginAgain();
    await w.sim.advance(10_000);
    if (style === 'source') return;
    const again = stop(w, 'brutal');
    await w.sim.settle();
    expect(again).toEqual([{ kind: 'killed' }]);
    expect(w.log.filter((line) => line.startsWith('stop'))).toEqual([]);
    w.inside().beginAgain();
    await stopCleanly(w);
  });

  test('stopped while it starts: the start finishes, and no turn comes before the stop', async () => {
    const started = deferred();
    const w = hookWorld(style, {
      ...ALL,
      async onStart(ctx) {
        await ctx.effect('starts', () => started.promise);
        ctx.outputs.out.send('started');
      },
    });
    if (style !== 'source') await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    await w.sim.advance(100);
    expect(exits).toEqual([]);
    started.resolve();
    await w.sim.settle();
    expect([w.log, w.arrived]).toEqual([['start 0', 'stop 0 shutdown'], ['started']]);
    expect(exits).toEqual([{ kind: 'shutdown' }]);
    w.inside().beginAgain();
    await stopCleanly(w);
  });

  test('stopped before its first slice: it starts, and stops', async () => {
    const w = hookWorld(style, ALL);
    const exits = stop(w, 1_000);
    await w.sim.settle();
    expect([exits, w.log]).toEqual([[{ kind: 'shutdown' }], ['start 0', 'stop 0 shutdown']]);
    w.inside().beginAgain();
    await stopCleanly(w);
  });
});

describe('a stop', () => {
  test.each([
    ['a start that does not end in time', 'start', ['start 0']],
    ['an onStop that does not end in time', 'stop', ['start 0', '1 in 0', 'stop 0 shutdown']],
  ] as const)('kills %s', async (_, where, log) => {
    const hangs = async (ctx: Context): Promise<undefined> => {
      await ctx.effect('hangs', () => new Promise(NOTHING));
    };
    const w = hookWorld('handler', {
      ...ALL,
      ...(where === 'start' ? { onStart: hangs } : { onStop: hangs }),
    });
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 100);
    await w.sim.advance(99);
    expect(exits).toEqual([]);
    await w.sim.advance(1);
    expect([exits, w.log]).toEqual([[{ kind: 'killed' }], log]);
    await w.sim.settle();
    await w.sim.advance(30_000); // a graph whose start has failed stops
    expect(w.sim.clock.pending).toBe(0);
  });

  test('has one limit for what is under way and for onStop', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      { ...ALL, onStop: (ctx) => ctx.effect('closes', () => w.sim.clock.sleep(60)) },
      slow(() => w, 60),
    );
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 100);
    await w.sim.advance(99);
    expect([exits, w.log]).toEqual([[], ['start 0', '1 in 0', 'stop 0 shutdown']]);
    await w.sim.advance(1);
    expect(exits).toEqual([{ kind: 'killed' }]);
    expect(w.arrived).toEqual(['worked']);
  });

  test.each([
    [Infinity, 60_000, 'shutdown'],
    [0, 0, 'killed'],
  ])('with the limit %d of an onStop that takes a minute: after %d ms, %s', async (limitMs, afterMs, kind) => {
    const w: HookWorld = hookWorld('handler', {
      ...ALL,
      onStop: (ctx) => ctx.effect('closes', () => w.sim.clock.sleep(60_000)),
    });
    await w.sim.settle();
    const exits = stop(w, limitMs);
    if (afterMs > 0) await w.sim.advance(afterMs - 1);
    expect(exits).toEqual([]);
    if (afterMs > 0) await w.sim.advance(1);
    else await w.sim.settle();
    expect(exits).toEqual([{ kind }]);
  });

  test('with no time at all still has an onStop that needs none', async () => {
    const w = hookWorld('loop', ALL);
    await w.sim.settle();
    const exits = stop(w, 0);
    await w.sim.settle();
    expect([exits, w.log]).toEqual([[{ kind: 'shutdown' }], ['start 0', 'stop 0 shutdown']]);
  });

  test('is a crash if onStop throws; the state is the committed one', async () => {
    const w = hookWorld(
      'handler',
      {
        ...ALL,
        onStop({ state }) {
          state.stops += 1;
          throw new Error('oops');
        },
      },
      (value, { state }) => void (state.sum += value),
    );
    await w.go.send(5);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    await w.sim.settle();
    expect(exits.map(exitText)).toEqual(['crashed(oops)']);
    expect(actorOf(w.graph, 'actor').state).toEqual({ starts: 0, stops: 0, sum: 5 });
  });

  test('of an actor that ends by itself meanwhile tells how', async () => {
    const ends: Record<string, (ctx: Context) => void> = {
      'crashed(bad)': () => {
        throw new Error('bad');
      },
      normal: (ctx) => ctx.exit(),
      'shutdown("why")': (ctx) => ctx.exit({ shutdown: 'why' }),
      shutdown: (ctx) => ctx.rollback(),
    };
    for (const [text, end] of Object.entries(ends)) {
      const go = deferred();
      const w = hookWorld('handler', ALL, async (_, ctx) => {
        await ctx.effect('waits', () => go.promise);
        end(ctx);
      });
      await w.go.send(1);
      await w.go.send(2);
      await w.sim.settle();
      const exits = stop(w, 1_000);
      go.resolve();
      await w.sim.settle();
      expect(exits.map(exitText)).toEqual([text]);
      expect(w.log.filter((line) => line.startsWith('stop'))).toHaveLength(1);
      expect(w.log).not.toContain('2 in 0');
      expect(w.inside().phase).toBe('down');
    }
  });

  test('of an actor whose inputs are drained meanwhile: it has completed', async () => {
    const w: HookWorld = hookWorld(
      'loop',
      ALL,
      slow(() => w, 50),
    );
    await w.go.send(1);
    await w.sim.advance(10);
    w.go.close();
    const exits = stop(w, 1_000);
    await w.sim.advance(100);
    expect(exits).toEqual([{ kind: 'shutdown' }]); // it had not looked, and no turn began
    w.inside().beginAgain();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.log.at(-1)).toBe('stop 1 completed');
  });

  test('asked for again: told together, once each, and by the shorter limit', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      ALL,
      slow(() => w, 500),
    );
    await w.go.send(1);
    await w.sim.settle();
    const first = stop(w, 400);
    const second = stop(w, 100);
    const third = stop(w, 300);
    await w.sim.advance(100);
    expect([first, second, third]).toEqual([[{ kind: 'killed' }], [{ kind: 'killed' }], [{ kind: 'killed' }]]);
    await w.sim.advance(1_000);
    const fourth = stop(w, 100);
    await w.sim.settle();
    expect([first.length, fourth]).toEqual([1, [{ kind: 'shutdown' }]]);
    expect(w.log.filter((line) => line.startsWith('stop'))).toEqual([]);
  });

  test('becomes brutal', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      ALL,
      slow(() => w, 500),
    );
    await w.go.send(1);
    await w.sim.settle();
    const first = stop(w, Infinity);
    await w.sim.advance(10);
    const second = stop(w, 'brutal');
    await w.sim.settle();
    expect([first, second]).toEqual([[{ kind: 'killed' }], [{ kind: 'killed' }]]);
  });

  test('waits for a commit that has no room; killed, the turn is undone', async () => {
    for (const [limitMs, kind, size] of [
      [1_000, 'shutdown', 1],
      [50, 'killed', 0],
    ] as const) {
      const w = hookWorld('handler', ALL, (_, { outputs }) => outputs.out.sendMany(['a', 'b']), {
        outCapacity: 2,
        unread: true,
      });
      await w.go.send(1);
      await w.go.send(2);
      await w.sim.settle();
      expect(w.inside().phase).toBe('committing');
      const exits = stop(w, limitMs);
      await w.sim.advance(60);
      if (kind === 'shutdown') {
        expect(exits).toEqual([]);
        const reader = w.out[Symbol.asyncIterator]();
        await w.sim.runUntil(reader.next());
        await w.sim.runUntil(reader.next());
        await w.sim.settle();
      }
      expect([exits, w.go.size]).toEqual([[{ kind }], 1 - size]);
      w.graph.checkConservation();
    }
  });

  test('of an actor that waits to begin again after a roll back: there is none to stop, and it does not come back', async () => {
    const w = hookWorld('handler', ALL, (_, { rollback }) => rollback());
    await w.go.send(1);
    await w.sim.settle();
    expect(w.inside().phase).toBe('delayed');
    const exits = stop(w, 1_000);
    const { length } = w.log;
    await w.sim.advance(10_000);
    expect([exits, w.inside().phase]).toEqual([[{ kind: 'shutdown' }], 'down']);
    expect(w.log).toHaveLength(length);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('of an actor that waits for room among the dead letters', async () => {
    const w = hookWorld(
      'handler',
      ALL,
      () => {
        throw new Error('bad');
      },
      { actor: { showstopperAfter: 1 }, graph: { deadLetters: { capacity: 1 } } },
    );
    await w.go.send(1);
    await w.go.send(2);
    await w.sim.settle();
    expect(w.inside().phase).toBe('recovering');
    const exits = stop(w, 100);
    await w.sim.advance(100);
    expect([exits.map(exitText), w.go.size]).toEqual([['killed'], 1]);
    w.graph.deadLetters.discard({});
    w.inside().beginAgain();
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 2, attempts: 2 }]);
    w.graph.checkConservation();
    await stopCleanly(w);
  });

  test('rejects the wait of a loop: its finally runs before onStop', async () => {
    const order: string[] = [];
    const w = hookWorld('loop', { onStop: () => void order.push('onStop') }, async (_, ctx) => {
      try {
        // What a loop does in the middle of its run.
        await (ctx as unknown as { next: (c: unknown) => Promise<unknown>; after: (ms: number) => unknown }).next(
          (ctx as unknown as { after: (ms: number) => unknown }).after(1_000),
        );
      } catch (error) {
        order.push((error as { code: string }).code);
        throw error;
      } finally {
        order.push('finally');
      }
    });
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    await w.sim.settle();
    expect(order).toEqual(['ERR_ABANDONED', 'finally', 'onStop']);
    expect(exits).toEqual([{ kind: 'shutdown' }]);
  });

  test('asked for by the turn itself: it commits, and no other begins', async () => {
    const exits: Exit[] = [];
    const w: HookWorld = hookWorld('handler', ALL, (value, ctx) => {
      ctx.state.sum += value;
      if (value === 2) w.inside().stopIncarnation(1_000, (exit) => exits.push(exit));
    });
    for (const value of [1, 2, 3]) await w.go.send(value);
    await w.sim.settle();
    expect(exits).toEqual([{ kind: 'shutdown' }]);
    expect(w.log).toEqual(['start 0', '1 in 0', '2 in 0', 'stop 0 shutdown']);
    expect([w.go.size, actorOf(w.graph, 'actor').state?.['sum' as never]]).toEqual([1, 3]);
  });

  test('of an actor that is ended meanwhile is over with it', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      ALL,
      slow(() => w, 500),
    );
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    w.inside().end({ kind: 'shutdown' });
    await w.sim.settle();
    expect(exits).toEqual([{ kind: 'shutdown' }]);
    await stopCleanly(w);
    expect(w.log).toEqual(['start 0', '1 in 0']);
    expect(w.sim.clock.pending).toBe(1); // the sleep of the effect
  });

  test('of an actor without hooks works the same', async () => {
    const w = hookWorld('handler', {}, (value, { state }) => void (state.sum += value));
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    await w.sim.settle();
    await w.go.send(2);
    await w.sim.settle();
    expect([exits, w.log, w.go.size]).toEqual([[{ kind: 'shutdown' }], ['1 in 0'], 1]);
    w.inside().beginAgain();
    await w.sim.settle();
    expect(w.log).toEqual(['1 in 0', '2 in 1']);
    await stopCleanly(w);
  });

  test('a kill while it lasts counts: killed', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      ALL,
      slow(() => w, 500),
    );
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    w.actor.kill();
    await w.sim.settle();
    expect(exits).toEqual([{ kind: 'killed' }]);
    expect(w.log).toEqual(['start 0', '1 in 0']);
  });

  test('of a turn at its deadline: the deadline fails it, and the exit says so', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      ALL,
      slow(() => w, 500),
      { actor: { turnTimeoutMs: 50 } },
    );
    await w.go.send(1);
    await w.sim.settle();
    const exits = stop(w, 1_000);
    await w.sim.advance(50);
    expect(exits.map(({ kind }) => kind)).toEqual(['crashed']);
    expect(w.log.at(-1)).toMatch(/^stop 0 crashed/);
  });
});
