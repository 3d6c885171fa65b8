import {
  type ActorOptions,
  defineActor,
  type Log,
  type ShowstopperAnswer,
  type ShowstopperRule,
  type SuspectMessage,
} from 'holdfast';
import { input, inputBundle } from 'holdfast';
import { describe, expect, test, vi } from 'vitest';
import { give, handlerWorld, letters, loopWorld } from './single-actor.ts';
import { actorOf, channelOf, stopCleanly, world } from './world.ts';

/** A rule that notes what it is asked. */
function rule(
  answer: (inHand: readonly SuspectMessage[], error: unknown) => unknown,
): ShowstopperRule & { readonly asked: (readonly SuspectMessage[])[] } {
  const asked: (readonly SuspectMessage[])[] = [];
  const ask: ShowstopperRule = (inHand, error) => {
    asked.push(inHand);
    return answer(inHand, error) as ShowstopperAnswer;
  };
  return Object.assign(ask, { asked });
}

/** Fails with the messages in `poison`; takes all there is. */
function batcher(poison: readonly number[], options: ActorOptions) {
  const turns: (readonly number[])[] = [];
  const w = loopWorld(
    async ({ inputs: { go }, outputs: { out }, next, running }) => {
      while (running()) {
        await next(go.avail());
        const batch = go.takeMany(64);
        turns.push(batch);
        if (batch.some((message) => poison.includes(message))) throw new Error('poison');
        out.sendMany(batch);
      }
    },
    { actor: { maxRestarts: Infinity, retryBackoff: { minMs: 10, jitter: 0 }, ...options } },
  );
  return { ...w, turns };
}

describe('a rule for showstoppers', () => {
  test('is told of every message in hand, in order of taking, with its failed attempts, and of the error', async () => {
    const errors: unknown[] = [];
    const showstopper = rule((_, error) => {
      errors.push(error);
      return 'default';
    });
    const w = world();
    const go = w.graph.channel<string>('go', { capacity: 8 });
    const beats = w.graph.channel<string>('beats', { capacity: 8 });
    const lanes = [0, 1].map((lane) => w.graph.channel<string>(`lane ${lane}`, { capacity: 8 }));
    const definition = defineActor({
      inputs: { go: input<string>(), beats: input<string>({ tick: true }), lanes: inputBundle<string>() },
      async run({ inputs, next, after, regeneration }) {
        await next(inputs.go.avail(2));
        inputs.lanes.lane(1).take();
        inputs.go.takeMany(2);
        inputs.beats.take();
        if (regeneration === 0) throw new Error('boom');
        await next(after(1_000));
      },
    });
    w.graph.actor('actor', definition, { go, beats, lanes }, { showstopper });
    for (const message of ['a', 'b']) go.trySend(message);
    beats.trySend('beat');
    lanes[1]?.trySend('c');
    w.graph.start();
    await w.sim.settle();
    const ids = showstopper.asked[0]?.map(({ messageId }) => messageId) ?? [];
    expect(new Set(ids).size).toBe(3);
    const shared = { failedAttempts: 1, replayOf: undefined, messageId: expect.any(String) as string };
    expect(showstopper.asked).toEqual([
      [
        { input: 'lanes', lane: 1, channel: 'lane 1', message: 'c', ...shared },
        { input: 'go', lane: -1, channel: 'go', message: 'a', ...shared },
        { input: 'go', lane: -1, channel: 'go', message: 'b', ...shared },
      ],
    ]);
    expect(errors).toMatchObject([{ message: 'boom' }]);
    expect(w.graph.deadLetters.total).toBe(0);
  });

  test('is asked about what was looked at where nothing was taken, and not at all with empty hands', async () => {
    const showstopper = rule((inHand) => inHand.length - 1);
    const w = loopWorld(
      async ({ inputs: { go, tick }, next, any, running, regeneration }) => {
        while (running()) {
          await next(any(go.avail(), tick.avail()));
          tick.take();
          if (regeneration === 0) throw new Error('only a beat');
          if (go.peekMany(2).length > 0) throw new Error('ugly');
        }
      },
      { actor: { showstopper, maxRestarts: Infinity } },
    );
    await w.tick.send('beat');
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor').failures).toBe(1);
    expect(showstopper.asked).toEqual([]);
    for (const value of [1, 2]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(showstopper.asked.map((inHand) => inHand.map(({ message }) => message))).toEqual([[1, 2], [1]]);
    expect(letters(w)).toEqual([
      [2, 'showstopper', 'ugly'],
      [1, 'showstopper', 'ugly'],
    ]);
    await stopCleanly(w);
  });

  test('answers an index: that one at once, and the others start again and are seen one at a time', async () => {
    const showstopper = rule((inHand) => inHand.findIndex(({ message }) => message === 3));
    const w = batcher([3], { showstopper });
    for (const value of [1, 2, 3, 4, 5]) w.go.trySend(value);
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 3, reason: 'showstopper', attempts: 1, actor: 'actor', error: { message: 'poison' } },
    ]);
    expect(w.turns).toEqual([[1, 2, 3, 4, 5], [1], [2], [4], [5]]);
    expect(w.arrived).toEqual([1, 2, 4, 5]);
    expect(channelOf(w.graph, 'go')).toMatchObject({ taken: 4, deadLettered: 1, inFlight: 0 });
    await stopCleanly(w);
  });

  test('answers several, in any order and twice: each once, in their order', async () => {
    const showstopper = rule((inHand) =>
      inHand.length === 1 ? 'default' : [4, 0, 2, 4].filter((place) => place < inHand.length),
    );
    const w = batcher([1, 3, 5], { showstopper });
    for (const value of [1, 2, 3, 4, 5]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(letters(w).map((letter) => (letter as unknown[])[0])).toEqual([1, 3, 5]);
    expect(w.turns).toEqual([[1, 2, 3, 4, 5], [2], [4]]);
    await stopCleanly(w);
  });

  test('answers "retry": nobody, however often it failed, at the pace of retries', async () => {
    const at: number[] = [];
    const showstopper = rule((inHand) => (inHand[0]?.failedAttempts === 6 ? 'default' : 'retry'));
    const w = handlerWorld(
      (_, ctx) => {
        at.push(ctx.nowMs());
        throw new Error('poison');
      },
      { actor: { showstopper, showstopperAfter: 2, retryBackoff: { minMs: 10, jitter: 0 } } },
    );
    await give(w, 1);
    await w.sim.advance(10_000);
    expect(at).toEqual([0, 0, 10, 30, 70, 150]);
    expect(showstopper.asked.map((inHand) => inHand[0]?.failedAttempts)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, attempts: 6 }]);
    await stopCleanly(w);
  });

  test('answers no index: as "retry"', async () => {
    const showstopper = rule((inHand) => (inHand[0]?.failedAttempts === 4 ? 0 : []));
    const w = batcher([1], { showstopper, showstopperAfter: 1 });
    await give(w, 1);
    await w.sim.advance(1_000);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 1, attempts: 4 }]);
    await stopCleanly(w);
  });

  test('may let a batch have one that it knows to be bad', async () => {
    const w = world();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const turns: (readonly number[])[] = [];
    const definition = defineActor({
      inputs: { go: input<number>({ batch: { size: 8 } }) },
      on: {
        go(batch) {
          turns.push(batch);
          if (batch.includes(-1)) throw new RangeError('negative');
        },
      },
    });
    const showstopper = rule((inHand, error) =>
      error instanceof RangeError ? inHand.findIndex(({ message }) => message === -1) : 'default',
    );
    w.graph.actor('actor', definition, { go }, { showstopper });
    for (const message of [1, -1, 2]) go.trySend(message);
    w.graph.start();
    await w.sim.settle();
    expect(turns).toEqual([[1, -1, 2], [1], [2]]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: -1, attempts: 1 }]);
    await stopCleanly(w);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['an index beyond the end', 2],
    ['an index below 0', -1],
    ['half an index', 0.5],
    ['NaN', Number.NaN],
    ['a word', 'bury'],
    ['a list with a hole', [0, undefined]],
    ['a promise', Promise.resolve('retry')],
  ])('answers %s: the default holds, and the log has it', async (_, answer) => {
    const logged: unknown[] = [];
    const w = batcherWithLog(logged, () => answer);
    for (const value of [1, 2]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(letters(w)).toEqual([[1, 'showstopper', 'poison']]);
    expect(logged.length).toBeGreaterThan(0);
    expect(String(logged[0])).toMatch(
      /showstopper must answer "default", "retry", or .* of the 2 messages in hand, got /,
    );
    await stopCleanly(w);
  });

  test('answers a promise that rejects: the default holds, and nothing is left that nobody catches', async () => {
    const stray = vi.fn();
    process.on('unhandledRejection', stray);
    const w = batcherWithLog([], () => Promise.reject(new Error('an asynchronous rule')));
    for (const value of [1, 2]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(letters(w)).toEqual([[1, 'showstopper', 'poison']]);
    await stopCleanly(w);
    process.off('unhandledRejection', stray);
    expect(stray).not.toHaveBeenCalled();
  });

  test('throws: the default holds, and the log has it', async () => {
    const logged: unknown[] = [];
    const w = batcherWithLog(logged, () => {
      throw new Error('no idea');
    });
    for (const value of [1, 2]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(letters(w)).toEqual([[1, 'showstopper', 'poison']]);
    expect(logged[0]).toMatchObject({ message: 'no idea' });
    await stopCleanly(w);
  });

  test('only decides: it finds the turn undone, and sends from outside are refused in it', async () => {
    const seen: unknown[] = [];
    const w = handlerWorld(
      () => {
        throw new Error('poison');
      },
      {
        actor: {
          showstopper: () => {
            const { inFlight, taken } = channelOf(w.graph, 'go');
            seen.push([inFlight, taken, actorOf(w.graph, 'actor').failures]);
            try {
              w.go.trySend(9);
            } catch (error) {
              seen.push((error as { code: unknown }).code);
            }
            return 0;
          },
        },
      },
    );
    await give(w, 1);
    expect(seen).toEqual([[1, 0, 1], 'ERR_OUTSIDE_API_IN_TURN']);
    await stopCleanly(w);
  });

  test.each(['kill', 'stop'] as const)('may even %s: all adds up', async (what) => {
    const w = handlerWorld(
      (message) => {
        if (message === 1) throw new Error('poison');
      },
      {
        graph: { shutdownTimeoutMs: 0 },
        actor: {
          showstopper: () => {
            if (what === 'kill') w.actor.kill();
            else w.graph.requestShutdown();
            return 0;
          },
        },
      },
    );
    for (const value of [1, 2]) w.go.trySend(value);
    await w.sim.settle();
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped()).catch(() => undefined);
    w.graph.checkConservation();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toContain(1);
    expect(w.sim.clock.pending).toBe(0);
  });

  test('names more than the dead letters have room for: the actor waits for all of it, in line, and a stop frees it', async () => {
    const options = { graph: { deadLetters: { capacity: 3 } } };
    const w = loopWorld(
      async ({ inputs: { go }, next, running }) => {
        while (running()) {
          await next(go.avail(2));
          if (go.takeMany(2).length > 0) throw new Error('poison');
        }
      },
      { ...options, actor: { showstopper: (inHand) => [...inHand.keys()], maxRestarts: Infinity } },
    );
    for (const value of [1, 2, 3, 4]) w.go.trySend(value);
    await w.sim.settle();
    expect([w.graph.deadLetters.total, w.go.size, actorOf(w.graph, 'actor').phase]).toEqual([2, 2, 'recovering']);
    w.graph.deadLetters.discard(({ payload }) => payload === 2);
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([1, 3, 4]);
    for (const value of [5, 6]) w.go.trySend(value);
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor').phase).toBe('recovering');
    await stopCleanly(w);
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([1, 3, 4, 5, 6]);
  });
});

function batcherWithLog(logged: unknown[], answer: () => unknown) {
  const ignore = (): void => undefined;
  const log: Log = {
    trace: ignore,
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: ((fields: { err?: unknown }, message: string) => {
      if (message.includes('showstopper failed')) logged.push(fields.err);
    }) as Log['error'],
    fatal: ignore,
    child: () => log,
  };
  return loopWorld(
    async ({ inputs: { go }, next, running }) => {
      while (running()) {
        await next(go.avail());
        if (go.takeMany(64).includes(1)) throw new Error('poison');
      }
    },
    { graph: { log }, actor: { showstopper: rule(answer), isolate: true, showstopperAfter: 2 } },
  );
}
