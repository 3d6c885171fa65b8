import { type Condition, defineActor, input, output, type WaitResult } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { deferred, give, letters, loopWorld, type SingleLoop } from './single-actor.ts';
import { actorOf, channelOf, stopCleanly, world } from './world.ts';

const FOREVER = 1_000_000_000;

/** Runs a loop that notes each wait's result; ends by being left waiting. */
function waiting(conditions: (ctx: SingleLoop) => Condition, options: Parameters<typeof loopWorld>[1] = {}) {
  const results: WaitResult[] = [];
  const w = loopWorld(async (ctx) => {
    for (;;) {
      results.push(await ctx.next(conditions(ctx)));
      ctx.inputs.go.take();
      ctx.inputs.tick.take();
    }
  }, options);
  return { ...w, results };
}

describe('results', () => {
  test('any says which part held, and looks round so that none starves', async () => {
    const w = waiting(({ any, inputs }) => any(inputs.go.avail(), inputs.tick.avail()));
    for (let n = 0; n < 3; n += 1) {
      w.go.trySend(n);
      w.tick.trySend('t');
    }
    await w.sim.settle();
    expect(w.results.slice(0, 2).map(({ index }) => index)).toEqual([0, 1]);
    expect(w.results.every(({ kind }) => kind === 'ready')).toBe(true);
  });

  test('after ends a wait as a timeout, and leaves no timer', async () => {
    const w = waiting(({ any, inputs, after }) => any(inputs.go.avail(), after(100)));
    await w.sim.advance(99);
    expect(w.results).toEqual([]);
    await w.sim.advance(1);
    expect(w.results).toEqual([{ kind: 'timeout', index: 1, lane: -1 }]);
    await give(w, 1);
    expect(w.results).toHaveLength(2);
    expect(w.sim.clock.pending).toBe(1); // that of the wait that is on now, and of no other
    w.actor.kill();
    await w.sim.settle();
    expect(w.sim.clock.pending).toBe(1);
  });

  test('until ends when the promise settles, either way, and adds one reaction however often it is asked for', async () => {
    const outcome = deferred();
    let reactions = 0;
    const counted = Object.assign(outcome.promise, {
      then(...parts: [never, never]) {
        reactions += 1;
        return Promise.prototype.then.apply(outcome.promise, parts);
      },
    });
    const w = waiting(({ any, inputs, until, after }) => any(inputs.go.avail(), until(counted), after(FOREVER)));
    for (const value of [1, 2, 3]) await give(w, value);
    expect(w.results).toHaveLength(3);
    expect(reactions).toBe(1);
    const settled = loopWorld(async ({ next, until, outputs }) => {
      const result = await next(until(Promise.reject(new Error('no matter'))));
      outputs.out.send(result.kind);
      await next(until(new Promise(() => undefined)));
    });
    await settled.sim.settle();
    expect(settled.arrived).toEqual(['ready']);
  });

  test('nested conditions hold as they read', async () => {
    const w = waiting(({ all, any, inputs, outputs }) =>
      all(any(inputs.go.avail(2), inputs.tick.avail()), outputs.out.vacant()),
    );
    await give(w, 1);
    expect(w.results).toHaveLength(0);
    await w.tick.send('t');
    await w.sim.settle();
    expect(w.results).toHaveLength(1);
  });

  test.each(['avail', 'vacant'] as const)('%s of more than the channel can hold throws at once', async (verb) => {
    const w = loopWorld(
      async ({ inputs, outputs, next }) => {
        await next(verb === 'avail' ? inputs.go.avail(65) : outputs.out.vacant(65));
      },
      { actor: { maxRestarts: 0 } },
    );
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(/holds 64 messages at the most, 65 can never fit/);
  });
});

describe('pause', () => {
  test('waits inside the turn: nothing is committed until the next wait', async () => {
    const w = loopWorld(async ({ inputs: { go }, outputs: { out }, next, pause, after }) => {
      for (;;) {
        await next(go.avail());
        out.send(go.take());
        await pause(after(100));
        out.send('after the pause');
      }
    });
    await give(w, 1);
    expect([w.arrived, channelOf(w.graph, 'go').inFlight, actorOf(w.graph, 'actor').phase]).toEqual([[], 1, 'paused']);
    await w.sim.advance(100);
    expect(w.arrived).toEqual([1, 'after the pause']);
  });

  test('a beat that ended a pause is used up by that turn, and by no other part of its any', async () => {
    const results: [number, number][] = [];
    const w = loopWorld(async (ctx) => {
      const beat = ctx.every(100);
      for (;;) {
        const { index } = await ctx.pause(ctx.any(ctx.inputs.go.avail(), beat));
        results.push([index, ctx.nowMs()]);
        ctx.inputs.go.take();
        await ctx.commit();
      }
    });
    await w.sim.settle();
    w.sim.clock.fireNext();
    w.go.trySend(1);
    w.go.trySend(2);
    await w.sim.advance(99);
    expect(results).toEqual([
      [0, 100],
      [1, 100],
    ]);
  });
});

test('commit makes the turn real without waiting for anything', async () => {
  const w = loopWorld(async ({ inputs: { go }, outputs: { out }, next, commit }) => {
    await next(go.avail());
    out.send(go.take());
    await commit();
    throw new Error('after the commit');
  });
  await give(w, 1);
  expect(w.arrived).toEqual([1]);
});

describe('tryNext', () => {
  test('answers undefined and does nothing when it would have to wait, and is a whole turn when not', async () => {
    const trace: string[] = [];
    const w = loopWorld(async ({ inputs: { go }, outputs: { out }, next, tryNext }) => {
      trace.push(tryNext(go.avail())?.kind ?? 'nothing');
      await next(go.avail(2));
      out.send(go.take());
      trace.push(tryNext(go.avail())?.kind ?? 'nothing');
      trace.push(String(go.take()));
      await next(go.avail(10));
    });
    await w.sim.settle();
    await give(w, 1, 2);
    expect(trace).toEqual(['nothing', 'ready', '2']);
    expect(w.arrived).toEqual([1]);
    expect(channelOf(w.graph, 'go').taken).toBe(2);
  });

  test('gives others their turn: a loop that always has work cannot keep them from theirs', async () => {
    const w = world();
    const turns = { a: 0, b: 0 };
    const spinner = (name: 'a' | 'b') =>
      defineActor({
        async run({ all, tryNext, next, running }) {
          while (running()) {
            void (tryNext(all()) ?? (await next(all())));
            turns[name] += 1;
            if (turns.a + turns.b >= 10_000) return;
          }
        },
      });
    w.graph.actor('a', spinner('a'), {}, { restart: 'temporary' });
    w.graph.actor('b', spinner('b'), {}, { restart: 'temporary' });
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(Math.min(turns.a, turns.b)).toBeGreaterThan(4_000);
  });

  test('does not commit a poisoned turn', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, outputs: { out }, next, tryNext, all }) => {
        for (;;) {
          await next(go.avail());
          out.send(go.take());
          try {
            out.send(undefined);
          } catch {
            // as if nothing had happened
          }
          void tryNext(all());
        }
      },
      { actor: { showstopperAfter: 1 } },
    );
    await give(w, 1);
    expect(w.arrived).toEqual([]);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ERR_TURN_POISONED']]);
  });
});

describe('every', () => {
  function beating(
    options: { fail?: (count: number, regeneration: number) => boolean; workMs?: (n: number) => number } = {},
  ) {
    const beats: [at: number, missed: number][] = [];
    const w = loopWorld(
      async (ctx) => {
        const beat = ctx.every(100);
        for (;;) {
          await ctx.next(beat);
          beats.push([ctx.nowMs(), beat.missed]);
          if (options.fail?.(beats.length, ctx.regeneration) === true) throw new Error('beat');
          const workMs = options.workMs?.(beats.length) ?? 0;
          if (workMs > 0) await ctx.pause(ctx.after(workMs));
        }
      },
      { actor: { maxRestarts: Infinity } },
    );
    return { ...w, beats };
  }

  test('keeps its cadence without drift, whatever the work takes', async () => {
    const w = beating({ workMs: (n) => 10 * n });
    await w.sim.advance(550);
    expect(w.beats).toEqual([100, 200, 300, 400, 500].map((at) => [at, 0]));
  });

  test('counts beats that were missed and does not make up for them', async () => {
    const w = beating({ workMs: (n) => (n === 1 ? 350 : 0) });
    await w.sim.advance(700);
    expect(w.beats).toEqual([
      [100, 0],
      [450, 2],
      [500, 0],
      [600, 0],
      [700, 0],
    ]);
  });

  test('counts beats that a blocked event loop let pass', async () => {
    const w = beating();
    await w.sim.settle();
    w.sim.clock.jumpTo(1_050);
    await w.sim.advance(60);
    expect(w.beats).toEqual([
      [1_050, 9],
      [1_100, 0],
    ]);
  });

  test('a beat whose turn fails is due again, at once', async () => {
    const w = beating({ fail: (n) => n === 2 });
    await w.sim.advance(300);
    expect(w.beats).toEqual([
      [100, 0],
      [200, 0],
      [200, 0],
      [300, 0],
    ]);
  });

  test('is kept over a restart, with what was missed meanwhile', async () => {
    const w = world();
    const beats: [number, number][] = [];
    const actor = defineActor({
      async run(ctx) {
        const beat = ctx.every(100);
        for (;;) {
          await ctx.next(beat);
          beats.push([ctx.nowMs(), beat.missed]);
          await ctx.commit();
          if (beats.length === 1) throw new Error('once');
        }
      },
    });
    w.graph.actor('actor', actor, {}, { backoff: { minMs: 250, jitter: 0 } });
    w.graph.start();
    await w.sim.advance(450);
    expect(beats).toEqual([
      [100, 0],
      [350, 1],
      [400, 0],
    ]);
  });

  test('set up in a turn that fails, it is forgotten with it', async () => {
    const w = loopWorld(
      async (ctx) => {
        if (ctx.regeneration < 3) {
          ctx.every(100);
          ctx.every(77 + ctx.regeneration);
          throw new Error('before the first wait');
        }
        await ctx.next(ctx.inputs.go.avail());
      },
      { actor: { maxRestarts: 5 } },
    );
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor').regeneration).toBe(3);
    expect(w.sim.clock.pending).toBe(0);
  });
});

describe('one wait at a time', () => {
  test('two waits at once fail the turn', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next }) => {
        await Promise.all([next(go.avail()), next(go.avail(2))]);
      },
      { actor: { maxRestarts: 0 } },
    );
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(/next while actor "actor" waits already/);
  });

  test('returning from run while a wait is on fails the turn', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next }) => {
        void next(go.avail());
      },
      { actor: { maxRestarts: 0 } },
    );
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(/return while actor "actor" waits already/);
  });

  test('a wait that nobody awaited does no harm when its incarnation is abandoned', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next, regeneration }) => {
        if (regeneration > 0) return void (await next(go.avail(60)));
        void next(go.avail());
        throw new Error('boom');
      },
      { actor: { maxRestarts: 1 } },
    );
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor').regeneration).toBe(1);
  });
});

describe('an abandoned loop', () => {
  test('hears of it once, in its wait, so that finally runs; later waits never settle', async () => {
    const trace: unknown[] = [];
    const w = loopWorld(async (ctx) => {
      if (ctx.regeneration > 0) {
        await ctx.next(ctx.inputs.go.avail());
        return;
      }
      ctx.signal.addEventListener('abort', () => trace.push('aborted'));
      for (let round = 0; ; round += 1) {
        try {
          await ctx.next(ctx.inputs.go.avail());
        } catch (error) {
          trace.push((error as { code?: string }).code);
          if (round > 3) trace.push('spinning');
          if (round > 3) return;
        }
      }
    });
    await w.sim.settle();
    w.actor.kill();
    await w.sim.settle();
    expect(trace.sort()).toEqual(['ERR_ABANDONED', 'aborted']);
  });

  test('leaves no timer, no place in a line and no watcher behind', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, outputs: { out }, next, any, all, after, until, regeneration }) => {
        if (regeneration === 1) await next(go.avail());
        out.send(1);
        await next(any(all(go.avail(2), out.vacant()), after(5_000), until(new Promise(() => undefined))));
      },
      { outCapacity: 1, unread: true },
    );
    await w.sim.settle();
    expect(w.sim.clock.pending).toBe(1);
    w.actor.kill();
    await w.sim.settle();
    expect(w.sim.clock.pending).toBe(0);
    expect(channelOf(w.graph, 'out').waitingForRoom).toBe(0);
    expect(actorOf(w.graph, 'actor').phase).toBe('idle');
  });
});

describe('drained', () => {
  test('is told once; then the loop parks until time or a promise has something for it: nobody spins', async () => {
    const results: string[] = [];
    const w = loopWorld(
      async ({ inputs: { go, tick }, next, any, all, after }) => {
        for (let round = 0; round < 100; round += 1) {
          const condition = round < 3 ? any(go.avail(), tick.avail(), after(50)) : all(go.avail(), tick.avail());
          results.push((await next(condition)).kind);
        }
      },
      { unread: true },
    );
    w.go.close();
    w.tick.close();
    await w.sim.settle();
    expect(results).toEqual(['drained']);
    await w.sim.advance(1_000);
    expect(results).toEqual(['drained', 'timeout', 'timeout']);
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      code: 'ERR_STOPPED_UNCLEANLY',
      details: {
        holdouts: [{ name: 'actor', heldBy: 'waiting for all(go.avail(1), 0 there, tick.avail(1), 0 there)' }],
      },
    });
  });

  test('inputs count as met in all: the others are drained without them', async () => {
    const w = loopWorld(async ({ inputs: { go, tick }, outputs: { out }, next, all, running }) => {
      while (running()) {
        await next(all(go.avail(), tick.avail()));
        tick.take();
        const value = go.take();
        if (value !== undefined) out.send(value);
      }
    });
    w.tick.close();
    await give(w, 1, 2, 3);
    w.go.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(w.arrived).toEqual([1, 2, 3]);
  });

  test('running() is true until the takes of this turn, too, have emptied closed inputs', async () => {
    const seen: boolean[] = [];
    const w = loopWorld(async ({ inputs: { go }, next, running }) => {
      await next(go.avail(2));
      seen.push(running());
      go.take();
      seen.push(running());
      go.take();
      seen.push(running());
    });
    w.go.trySend(1);
    w.go.trySend(2);
    w.go.close();
    w.tick.close();
    await w.sim.runUntil(w.graph.stopped());
    expect(seen).toEqual([true, true, false]);
    expect(actorOf(w.graph, 'actor').exit).toBe('completed');
  });
});

describe('stopping', () => {
  test('is told once to a source, and to waits for nothing but time', async () => {
    const w = world();
    const told: string[] = [];
    const clock = defineActor({
      async run({ next, every, running }) {
        while (running()) told.push(`source ${(await next(every(1_000))).kind}`);
      },
    });
    const worker = defineActor({
      inputs: { go: input<number>() },
      async run({ inputs: { go }, next, after, running }) {
        while (running()) {
          told.push(`timer ${(await next(after(60_000))).kind}`);
          told.push(`worker ${(await next(go.avail())).kind}`);
        }
      },
    });
    w.graph.actor('clock', clock, {});
    w.graph.actor('worker', worker, { go: w.graph.channel<number>('go', { capacity: 1 }) });
    w.graph.start();
    await w.sim.settle();
    await stopCleanly(w);
    expect(told.sort()).toEqual(['source stopping', 'timer stopping', 'worker drained']);
    expect(w.sim.clock.nowMs()).toBe(0);
  });
});

describe('vetoes', () => {
  test('hold a stop until they are lifted, without spinning; the loop hears of it', async () => {
    const w = world();
    let rounds = 0;
    let flushed = false;
    const keeper = defineActor({
      inputs: { go: input<number>() },
      async run({ inputs: { go }, next, running }) {
        while (running({ 'ledger flushed': () => flushed })) {
          rounds += 1;
          await next(go.avail());
          go.take();
        }
      },
    });
    w.graph.actor('keeper', keeper, { go: w.graph.channel<number>('go', { capacity: 1 }) });
    w.graph.start();
    w.graph.requestShutdown();
    await w.sim.advance(10_000);
    expect([w.graph.status, rounds]).toEqual(['draining', 2]);
    flushed = true;
    await w.sim.runUntil(w.graph.stopped());
    expect(rounds).toBe(2);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('wake a source that waits for a beat far away', async () => {
    const w = world();
    let flushed = false;
    const source = defineActor({
      async run({ next, every, running }) {
        while (running({ flushed: () => flushed })) await next(every(10_000_000));
      },
    });
    w.graph.actor('source', source, {});
    w.graph.start();
    w.graph.requestShutdown();
    await w.sim.advance(1_000);
    flushed = true;
    await w.sim.runUntil(w.graph.stopped());
    expect(w.sim.clock.nowMs()).toBeLessThan(1_100);
  });

  test('are named in the error of an unclean stop', async () => {
    const w = world({ shutdownTimeoutMs: 500 });
    const keeper = defineActor({
      async run({ next, every, running }) {
        while (running({ 'ledger flushed': () => false, fine: () => true })) await next(every(100));
      },
    });
    w.graph.actor('keeper', keeper, {});
    w.graph.start();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({
      code: 'ERR_STOPPED_UNCLEANLY',
      details: { holdouts: [{ kind: 'actor', name: 'keeper', heldBy: 'veto: ledger flushed' }] },
    });
  });

  test('one that throws while nobody runs is a failure of its actor, not of the process', async () => {
    const w = world({ shutdownTimeoutMs: 500 });
    let calls = 0;
    const keeper = defineActor({
      inputs: { go: input<number>() },
      async run({ inputs: { go }, next, running }) {
        const flushed = (): boolean => {
          calls += 1;
          if (calls > 3) throw new Error('veto broke');
          return false;
        };
        while (running({ flushed })) await next(go.avail());
      },
    });
    w.graph.actor('keeper', keeper, { go: w.graph.channel<number>('go', { capacity: 1 }) }, { maxRestarts: 2 });
    w.graph.start();
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_RESTART_LIMIT' });
  });
});

test('until refuses what is no promise', async () => {
  const w = loopWorld(({ until }) => void until(5 as never), { actor: { maxRestarts: 0 } });
  await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow('until must be a promise, got 5 (number)');
});

test('a veto that is asynchronous fails its turn: a promise would always count as true', async () => {
  const w = world();
  const keeper = defineActor({
    inputs: { go: input<number>() },
    async run({ inputs: { go }, next, running }) {
      const flushed = (async () => Promise.reject(new Error('not to be heard of'))) as unknown as () => boolean;
      while (running({ flushed })) await next(go.avail());
    },
  });
  w.graph.actor('keeper', keeper, { go: w.graph.channel<number>('go', { capacity: 1 }) }, { maxRestarts: 0 });
  w.graph.start();
  w.graph.requestShutdown();
  await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(
    /what condition "flushed" answers must be true or false, at once/,
  );
});

test('nobody runs while there is nothing to do', async () => {
  const w = world();
  let looked = 0;
  const a = w.graph.channel<number>('a', { capacity: 1 });
  const b = w.graph.channel<number>('b', { capacity: 1 });
  const relay = defineActor({
    inputs: { a: input<number>() },
    outputs: { b: output<number>() },
    async run({ inputs, outputs, next, all, running }) {
      while (running()) {
        looked += 1;
        await next(all(inputs.a.avail(), outputs.b.vacant()));
        outputs.b.send(inputs.a.take() ?? 0);
      }
    },
  });
  w.graph.actor('relay', relay, { a, b });
  w.graph.start();
  await a.send(1);
  await a.send(2);
  await w.sim.advance(100_000);
  expect([looked, w.sim.clock.pending]).toEqual([2, 0]);
  const seen: number[] = [];
  w.graph.requestShutdown();
  for await (const value of b) seen.push(value);
  expect(seen).toEqual([1, 2]);
});
