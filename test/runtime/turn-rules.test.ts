import { defineActor, input, isHoldfastError } from 'holdfast';
import { describe, expect, test } from 'vitest';
import {
  deferred,
  give,
  handlerWorld,
  letters,
  loopWorld,
  type SingleHandler,
  type SingleLoop,
} from './single-actor.ts';
import { actorOf, channelOf, stopCleanly, world } from './world.ts';

const ONCE = { actor: { showstopperAfter: 1 } };

/** A message that runs `code` when it is looked at. */
function messageThat(code: () => unknown): never {
  return {
    get look() {
      return code();
    },
  } as never;
}

describe('rollback()', () => {
  test('ends the turn without effect and without a failure, also when it is caught', async () => {
    let rolledBack = 0;
    const w = handlerWorld((value, ctx) => {
      ctx.outputs.out.send(value);
      ctx.state.n += 1;
      if (rolledBack < 3) {
        rolledBack += 1;
        try {
          ctx.rollback();
        } catch {
          // caught or not, the turn cannot commit any more
        }
      }
    });
    await give(w, 7);
    await w.sim.advance(60_000);
    expect(w.arrived).toEqual([7]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ failures: 0, turns: 1, regeneration: 3, state: { n: 1 } });
    expect(w.graph.deadLetters.total).toBe(0);
    await stopCleanly(w);
  });

  test('counts no attempt, and does not count against the restart limit', async () => {
    const attempts: number[] = [];
    const w = handlerWorld(
      (_, ctx) => {
        attempts.push(ctx.attempt);
        if (attempts.length < 20) ctx.rollback();
      },
      { actor: { showstopperAfter: 1, maxRestarts: 0, retryBackoff: { minMs: 0 } } },
    );
    await give(w, 1);
    expect(attempts).toEqual(new Array(20).fill(1));
    await stopCleanly(w);
  });

  test('in a loop lets finally run and begins a new incarnation', async () => {
    const trace: string[] = [];
    const w = loopWorld(async (ctx) => {
      try {
        await ctx.next(ctx.inputs.go.avail());
        trace.push(`${ctx.regeneration}: ${ctx.inputs.go.take()}`);
        if (ctx.regeneration === 0) ctx.rollback();
        await ctx.next(ctx.inputs.go.avail());
      } finally {
        trace.push(`finally ${ctx.regeneration}`);
      }
    });
    await give(w, 5);
    expect(trace).toEqual(['0: 5', 'finally 0', '1: 5']);
  });
});

describe('a caught error of a context call', () => {
  test.each<[string, string, (ctx: SingleHandler) => void]>([
    ['undefined as a message', 'ERR_UNDEFINED_MESSAGE', (ctx) => ctx.outputs.out.send(undefined)],
    ['more than the capacity', 'ERR_OVER_CAPACITY', (ctx) => ctx.outputs.out.sendMany([1, 2, 3])],
    [
      'a send after close',
      'ERR_CHANNEL_CLOSED',
      (ctx) => {
        ctx.outputs.out.close();
        ctx.outputs.out.send(1);
      },
    ],
    [
      'a second reject of the same message',
      'ERR_NOTHING_TO_REJECT',
      (ctx) => {
        ctx.reject('bad');
        ctx.reject('worse');
      },
    ],
  ])('keeps the turn from committing half: %s', async (_, code, call) => {
    const caught: unknown[] = [];
    const w = handlerWorld(
      (value, ctx) => {
        ctx.state.n += 1;
        try {
          if (value === 1) call(ctx);
          else ctx.outputs.out.send(value);
        } catch (error) {
          caught.push(error);
        }
      },
      { ...ONCE, outCapacity: 2 },
    );
    await give(w, 1, 2);
    expect(caught).toMatchObject([{ code }]);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ERR_TURN_POISONED']]);
    expect(w.arrived).toEqual([2]);
    expect(actorOf(w.graph, 'actor').state).toMatchObject({ n: 1 });
    await stopCleanly(w);
  });

  test('keeps sendMany from sending the first half of messages that could not be read to their end', async () => {
    const w = handlerWorld((value, ctx) => {
      try {
        ctx.outputs.out.sendMany(
          (function* () {
            yield value;
            if (value === 1) throw new Error('torn');
          })(),
        );
      } catch {
        // as if nothing had happened
      }
    }, ONCE);
    await give(w, 1, 2);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ERR_TURN_POISONED']]);
    expect(w.arrived).toEqual([2]);
  });

  test('keeps a turn from committing without a message whose getter has thrown', async () => {
    const w = handlerWorld((value, ctx) => {
      try {
        if (value > 1) ctx.outputs.out.send(value);
        else ctx.outputs.out.send(messageThat(() => expect.fail('torn')));
      } catch {
        // as if nothing had happened
      }
    }, ONCE);
    await give(w, 1, 2);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ERR_TURN_POISONED']]);
    expect(w.arrived).toEqual([2]);
  });

  test('names the error that was caught', async () => {
    const w = handlerWorld((_, ctx) => {
      try {
        ctx.outputs.out.send(undefined);
      } catch {
        // as if nothing had happened
      }
    }, ONCE);
    await give(w, 1);
    expect(w.graph.deadLetters.list()[0]?.text).toMatch(/cannot commit.*undefined was sent to channel "out"/);
  });
});

test('a message whose getter sends another one is sent behind that one', async () => {
  const w = handlerWorld((value, { outputs: { out } }) => out.send(messageThat(() => out.send(value))));
  await give(w, 7);
  expect([w.arrived[0], w.arrived.length]).toEqual([7, 2]);
  await stopCleanly(w);
});

describe('reject', () => {
  test('makes a dead letter as part of the turn, without a restart, and counts', async () => {
    const w = handlerWorld((value, ctx) => {
      ctx.state.n += 1;
      if (value < 0) ctx.reject('negative');
      else ctx.outputs.out.send(value);
    });
    await give(w, 1, -2, 3);
    expect(w.arrived).toEqual([1, 3]);
    expect(w.graph.deadLetters.list()).toMatchObject([
      { id: 1, payload: -2, channel: 'go', actor: 'actor', reason: 'rejected', text: 'negative', attempts: 1 },
    ]);
    expect(channelOf(w.graph, 'go')).toMatchObject({ sent: 3, taken: 2, deadLettered: 1, inFlight: 0 });
    expect(actorOf(w.graph, 'actor')).toMatchObject({ failures: 0, turns: 3, state: { n: 3 } });
    await stopCleanly(w);
  });

  test('is undone with the turn: a message is rejected once, and its attempts are told', async () => {
    const w = handlerWorld((_, ctx) => {
      ctx.reject('bad');
      if (ctx.attempt === 1) throw new Error('after the reject');
    });
    await give(w, 9);
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 9, reason: 'rejected', attempts: 2, regeneration: 1 },
    ]);
    await stopCleanly(w);
  });

  test('of an input is for what was taken last there, and may be used for several', async () => {
    const w = loopWorld(async ({ inputs: { go }, outputs, next, running }) => {
      while (running()) {
        await next(go.avail(3));
        for (let value = go.take(); value !== undefined; value = go.take()) {
          if (value < 0) go.reject(`${value}`);
          else outputs.out.send(value);
        }
      }
    });
    for (const value of [-1, 2, -3]) w.go.trySend(value);
    await w.sim.settle();
    expect(letters(w)).toEqual([
      [-1, 'rejected', '-1'],
      [-3, 'rejected', '-3'],
    ]);
    expect(w.arrived).toEqual([2]);
    await stopCleanly(w);
  });

  test('of an input may name any message taken there in this turn, once, in any order', async () => {
    const problems: unknown[] = [];
    const w = loopWorld(async ({ inputs: { go }, outputs, next, regeneration }) => {
      await next(go.avail(4));
      const batch = go.takeMany(4);
      if (regeneration === 0) {
        for (const index of [4, -1, 1.5]) {
          expect(() => go.reject(index, 'no')).toThrow(`has no message ${index} in this turn`);
        }
        go.reject(2, 'fine');
        expect(() => go.reject(2, 'again')).toThrow('has rejected message 2 of this turn already');
        return; // caught or not, such a turn cannot commit
      }
      go.reject(3, 'last');
      go.reject(1, 'second');
      outputs.out.sendMany(batch.filter((_, index) => index % 2 === 0));
      await next(go.avail());
      problems.push(go.take());
      go.reject('by itself');
      await next(go.avail());
    });
    for (const value of [10, 11, 12, 13, 14]) w.go.trySend(value);
    await w.sim.settle();
    expect(letters(w)).toEqual([
      [13, 'rejected', 'last'],
      [11, 'rejected', 'second'],
      [14, 'rejected', 'by itself'],
    ]);
    expect([w.arrived, problems]).toEqual([[10, 12], [14]]);
    expect(channelOf(w.graph, 'go')).toMatchObject({ taken: 2, deadLettered: 3 });
    await stopCleanly(w);
  });

  test('before anything was taken there is nothing to reject', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next }) => {
        await next(go.avail());
        go.reject('what?');
      },
      { actor: { maxRestarts: 0 } },
    );
    const stopped = expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(/has taken nothing in this turn/);
    await w.go.send(1);
    await stopped;
  });
});

describe('effect', () => {
  test('gives its result, its error, and what it throws at once', async () => {
    const seen: unknown[] = [];
    const w = handlerWorld(async (_, ctx) => {
      seen.push(await ctx.effect('value', () => 1));
      seen.push(await ctx.effect('promise', () => Promise.resolve(2)));
      for (const fail of [
        () => Promise.reject(new Error('later')),
        () => {
          throw new Error('at once');
        },
      ]) {
        await ctx.effect('failing', fail).catch((error: Error) => seen.push(error.message));
      }
      ctx.outputs.out.send('done');
    });
    await give(w, 1);
    expect(seen).toEqual([1, 2, 'later', 'at once']);
    expect(w.arrived).toEqual(['done']); // the user dealt with the failures: they poison nothing
    await stopCleanly(w);
  });

  test('several run at the same time', async () => {
    const gates = [deferred<string>(), deferred<string>()];
    const w = handlerWorld(async (_, ctx) => {
      ctx.outputs.out.send(await Promise.all(gates.map(({ promise }, n) => ctx.effect(`call ${n}`, () => promise))));
    });
    await give(w, 1);
    gates[1]?.resolve('b');
    await w.sim.settle();
    gates[0]?.resolve('a');
    await w.sim.settle();
    expect(w.arrived).toEqual([['a', 'b']]);
  });

  test('is aborted and rejects once when its turn is abandoned, and its late result reaches nothing', async () => {
    const late = deferred<string>();
    const trace: unknown[] = [];
    const w = handlerWorld(async (_, ctx) => {
      if (ctx.regeneration > 0) return;
      try {
        const result = await ctx.effect('slow', (signal) => {
          signal.addEventListener('abort', () => trace.push('aborted'));
          return late.promise;
        });
        ctx.outputs.out.send(result);
      } catch (error) {
        trace.push(isHoldfastError(error, 'ERR_ABANDONED'));
        throw error;
      }
    });
    await give(w, 1);
    w.actor.kill('for the test');
    await w.sim.settle();
    late.resolve('too late');
    await w.sim.settle();
    expect([...trace].sort()).toEqual(['aborted', true].sort());
    expect(w.arrived).toEqual([]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ turns: 1, restarts: 1 });
    await stopCleanly(w);
  });

  test('a loop may wait for messages while an effect is under way, and hears of both', async () => {
    const answer = deferred<string>();
    const trace: string[] = [];
    const w = loopWorld(async ({ inputs: { go }, next, effect }) => {
      void effect('lookup', () => answer.promise).then((value) => trace.push(value));
      for (;;) {
        await next(go.avail());
        trace.push(`message ${go.take()}`);
      }
    });
    await w.sim.settle();
    answer.resolve('answer');
    await answer.promise;
    await Promise.resolve();
    w.go.trySend(1); // comes in with the answer: one slice for both would lose one of them
    await w.sim.settle();
    expect(trace.sort()).toEqual(['answer', 'message 1']);
  });

  test('is named in the report of what held a shutdown', async () => {
    const w = handlerWorld((_, ctx) => ctx.effect('write ledger', () => new Promise<void>(() => undefined)));
    await give(w, 1);
    w.graph.requestShutdown();
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow(/a turn that awaits effect "write ledger"/);
  });
});

describe('the deadline of a turn', () => {
  const slow = { actor: { turnTimeoutMs: 100, showstopperAfter: 1 } };

  test('fails an asynchronous turn that is still open, not a moment before', async () => {
    const w = handlerWorld(() => new Promise<void>(() => undefined), slow);
    await give(w, 1);
    await w.sim.advance(99);
    expect(actorOf(w.graph, 'actor').failures).toBe(0);
    await w.sim.advance(1);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ERR_TURN_TIMEOUT']]);
  });

  test('aborts the signal of the turn with the reason', async () => {
    const reasons: unknown[] = [];
    const w = handlerWorld((_, ctx) => {
      const { signal } = ctx;
      return new Promise<void>(() => signal.addEventListener('abort', () => reasons.push(signal.reason)));
    }, slow);
    await give(w, 1);
    await w.sim.advance(100);
    expect(reasons).toMatchObject([{ code: 'ERR_ABANDONED' }]);
  });

  test('runs anew for each turn of a loop, and not while it waits for messages', async () => {
    const w = loopWorld(async ({ inputs: { go }, next, after, pause }) => {
      for (;;) {
        await next(go.avail());
        const value = go.take() as number;
        await pause(after(value));
      }
    }, slow);
    await w.sim.advance(1_000);
    for (const ms of [90, 90, 90]) {
      await give(w, ms);
      await w.sim.advance(95);
    }
    expect(actorOf(w.graph, 'actor').failures).toBe(0);
    await give(w, 101);
    await w.sim.advance(100);
    expect(letters(w)).toEqual([[101, 'showstopper', 'ERR_TURN_TIMEOUT']]);
  });

  test('does not count the wait for room', async () => {
    const w = handlerWorld(async (value, ctx) => ctx.outputs.out.send(value), {
      ...slow,
      outCapacity: 1,
      unread: true,
    });
    await give(w, 1, 2);
    expect(actorOf(w.graph, 'actor').phase).toBe('committing');
    await w.sim.advance(10_000);
    expect(actorOf(w.graph, 'actor').failures).toBe(0);
    const seen: unknown[] = [];
    w.go.close();
    w.tick.close();
    for await (const value of w.out) seen.push(value);
    expect(seen).toEqual([1, 2]);
  });
});

describe('identity', () => {
  test('messageId and turnId are stable over retries and differ between messages; attempt and regeneration go up', async () => {
    const seen: { id: string | undefined; turn: string; attempt: number; regeneration: number }[] = [];
    const w = handlerWorld((value, ctx) => {
      seen.push({ id: ctx.messageId, turn: ctx.turnId, attempt: ctx.attempt, regeneration: ctx.regeneration });
      if (value === 1 && ctx.attempt < 3) throw new Error('again');
    });
    await give(w, 1);
    await w.sim.advance(1_000);
    await give(w, 2);
    expect(seen.map(({ attempt, regeneration }) => [attempt, regeneration])).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [1, 2],
    ]);
    expect(new Set(seen.slice(0, 3).map(({ id, turn }) => `${id} ${turn}`)).size).toBe(1);
    expect(seen[3]?.id).not.toBe(seen[0]?.id);
    expect(seen[3]?.turn).not.toBe(seen[0]?.turn);
  });

  test('a message keeps its id while one behind it becomes a dead letter', async () => {
    const seen: unknown[] = [];
    const w = loopWorld(async (ctx) => {
      const { go } = ctx.inputs;
      for (;;) {
        await ctx.next(go.avail());
        for (let value = go.take(); value !== undefined; value = go.take()) {
          seen.push([value, ctx.messageId, ctx.attempt]);
          if (value === 2) throw new Error('two');
          if (ctx.regeneration < 3 && value === 1) go.peek();
        }
        if (ctx.regeneration < 3) throw new Error('as well');
      }
    });
    for (const value of [1, 2, 3]) w.go.trySend(value);
    await w.sim.advance(1_000);
    const ids = new Map<unknown, Set<unknown>>();
    for (const [value, id] of seen as [number, string][]) ids.set(value, (ids.get(value) ?? new Set()).add(id));
    expect([...ids.values()].map(({ size }) => size)).toEqual(new Array(ids.size).fill(1));
    expect(new Set([...ids.values()].flatMap((set) => [...set])).size).toBe(ids.size);
  });

  test('a turn of a loop without messages has an id of its own, the same when it is tried again', async () => {
    const seen: [string, number, string | undefined][] = [];
    const w = loopWorld(
      async (ctx) => {
        seen.push([ctx.turnId, ctx.attempt, ctx.messageId]);
        if (ctx.regeneration < 2) throw new Error('at the start');
        await ctx.commit();
        seen.push([ctx.turnId, ctx.attempt, ctx.messageId]);
        await ctx.next(ctx.after(1_000_000));
      },
      { actor: { maxRestarts: 5 } },
    );
    await w.sim.settle();
    expect(seen.map(([, attempt, id]) => [attempt, id])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [1, undefined],
    ]);
    expect(new Set(seen.slice(0, 3).map(([turn]) => turn)).size).toBe(1);
    expect(seen[3]?.[0]).not.toBe(seen[0]?.[0]);
  });

  test('what comes before the first wait of a loop does not share its id with the turn after it', async () => {
    const seen: string[] = [];
    const w = loopWorld(async (ctx) => {
      seen.push(ctx.turnId);
      await ctx.next(ctx.inputs.go.avail());
      seen.push(ctx.turnId);
      await ctx.next(ctx.after(1_000_000));
      seen.push(ctx.turnId);
    });
    await give(w, 1);
    await w.sim.advance(1_000_000);
    expect(new Set(seen.slice(0, 3)).size).toBe(3);
  });

  test('being killed is no attempt', async () => {
    const attempts: number[] = [];
    const w = loopWorld(async (ctx) => {
      attempts.push(ctx.attempt);
      await ctx.pause(ctx.after(1_000_000));
    });
    await w.sim.settle();
    w.actor.kill();
    await w.sim.settle();
    w.actor.kill();
    await w.sim.settle();
    expect(attempts).toEqual([1, 1, 1]);
  });
});

describe('leftovers of an abandoned turn', () => {
  type Act = (ctx: SingleHandler) => unknown;
  const acts: [string, Act][] = [
    ['send', (ctx) => ctx.outputs.out.send('late')],
    ['close', (ctx) => ctx.outputs.out.close()],
    ['reject', (ctx) => ctx.reject('late')],
    ['exit', (ctx) => ctx.exit()],
    ['requestShutdown', (ctx) => ctx.requestShutdown()],
    ['rollback', (ctx) => ctx.rollback()],
    ['effect', (ctx) => ctx.effect('late', () => 1)],
  ];

  test.each(acts)('%s throws ERR_FENCED and reaches nothing', async (_, act) => {
    let leftover: SingleHandler | undefined;
    const w = handlerWorld(async (value, ctx) => {
      leftover ??= ctx;
      if (value === 1) throw new Error('boom');
      await ctx.effect('wait', () => new Promise<void>(() => undefined)); // a turn is open while the leftover acts
    }, ONCE);
    await give(w, 1, 2);
    expect(() => act(leftover as SingleHandler)).toThrow(
      expect.objectContaining({ code: 'ERR_FENCED', details: expect.objectContaining({ actor: 'actor' }) }) as Error,
    );
    await w.sim.settle();
    expect([w.arrived, w.graph.status]).toEqual([[], 'running']);
    expect(w.events.filter(({ kind }) => kind === 'fenced')).toHaveLength(1);
  });

  test('its state is a dead object', async () => {
    const states: SingleHandler['state'][] = [];
    const w = handlerWorld((value, ctx) => {
      states.push(ctx.state);
      ctx.state.n += 1;
      ctx.state.list.push(value);
      if (value === 1) throw new Error('boom');
    }, ONCE);
    await give(w, 1);
    Object.assign(states[0] as object, { n: 1_000 });
    states[0]?.list.push(1_000);
    await give(w, 2);
    expect(actorOf(w.graph, 'actor').state).toEqual({ n: 1, list: [2] });
    expect(states[1]).not.toBe(states[0]);
  });

  test('an asynchronous handler that goes on after its deadline throws into nothing', async () => {
    const gate = deferred();
    const w = handlerWorld(
      async (value, ctx) => {
        if (ctx.attempt > 1) return;
        await gate.promise;
        ctx.state.n += 100;
        ctx.outputs.out.send(value);
      },
      { actor: { turnTimeoutMs: 10 } },
    );
    await give(w, 1);
    await w.sim.advance(10);
    gate.resolve();
    await w.sim.settle();
    expect(w.arrived).toEqual([]);
    expect(actorOf(w.graph, 'actor')).toMatchObject({ turns: 1, failures: 1, state: { n: 0 } });
    await stopCleanly(w);
  });

  test('a committed turn of an asynchronous handler cannot act in the turns after it', async () => {
    const contexts: SingleHandler[] = [];
    const w = handlerWorld(async (_, ctx) => {
      contexts.push(ctx);
      if (contexts.length === 2) await ctx.effect('wait', () => new Promise<void>(() => undefined));
    });
    await give(w, 1, 2);
    expect(contexts).toHaveLength(2);
    expect(() => contexts[0]?.outputs.out.send('leak')).toThrow(
      expect.objectContaining({ code: 'ERR_FENCED' }) as Error,
    );
    contexts[1]?.outputs.out.send('fine');
  });

  test('a handler that returns a promise only sometimes gives no turn the context of another', async () => {
    const contexts: SingleHandler[] = [];
    const w = handlerWorld((value, ctx) => {
      contexts.push(ctx);
      return value % 2 === 0
        ? ctx.effect('wait', () => (value === 4 ? new Promise<void>(() => undefined) : undefined))
        : undefined;
    });
    await give(w, 2, 3, 4);
    expect(contexts).toHaveLength(3);
    for (const old of contexts.slice(0, 2)) {
      expect(() => old.outputs.out.send('leak')).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }) as Error);
    }
    expect(w.arrived).toEqual([]);
  });

  test('between two turns a context has nothing to stage into', async () => {
    let kept: SingleHandler | undefined;
    const w = handlerWorld((_, ctx) => {
      kept = ctx;
    });
    await give(w, 1);
    expect(() => kept?.outputs.out.send('late')).toThrow(expect.objectContaining({ code: 'ERR_NO_TURN' }) as Error);
  });
});

describe('the state', () => {
  test('has fixed keys: a new one throws instead of being lost', async () => {
    const w = handlerWorld((_, ctx) => {
      (ctx.state as unknown as Record<string, number>)['extra'] = 1;
    }, ONCE);
    await give(w, 1);
    expect(w.graph.deadLetters.list()[0]?.error).toMatchObject({ name: 'TypeError' });
  });

  test('that cannot be copied any more fails its turn and leaves the committed one', async () => {
    const w = handlerWorld((value, ctx) => {
      ctx.state.n = value;
      if (value === 2) (ctx.state as unknown as Record<string, unknown>)['list'] = [() => 0];
      ctx.outputs.out.send(value);
    }, ONCE);
    await give(w, 1, 2, 3);
    expect(letters(w)).toEqual([[2, 'showstopper', 'ERR_STATE_UNSUPPORTED']]);
    expect(w.arrived).toEqual([1, 3]);
    expect(actorOf(w.graph, 'actor').state).toEqual({ n: 3, list: [] });
    await stopCleanly(w);
  });

  test('of a decided turn is what it was then, whatever is written while it waits for room', async () => {
    let live: SingleLoop['state'] | undefined;
    const w = loopWorld(
      async ({ inputs: { go }, outputs: { out }, state, next }) => {
        live = state;
        for (;;) {
          await next(go.avail());
          state.n = go.take() as number;
          out.send(state.n);
        }
      },
      { outCapacity: 1, unread: true },
    );
    await give(w, 1, 2);
    expect(actorOf(w.graph, 'actor').phase).toBe('committing');
    Object.assign(live as object, { n: 99 });
    const reader = w.out[Symbol.asyncIterator]();
    await reader.next();
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor').state).toMatchObject({ n: 2 });
  });
});

test('an actor without a state has none to write to: it throws instead of being lost', async () => {
  const w = world({ actorDefaults: { showstopperAfter: 1 } });
  const go = w.graph.channel<number>('go', { capacity: 1 });
  const stateless = defineActor({
    inputs: { go: input<number>() },
    on: {
      go(_, ctx) {
        (ctx.state as Record<string, number>)['n'] = 1;
      },
    },
  });
  w.graph.actor('actor', stateless, { go });
  w.graph.start();
  await go.send(1);
  await w.sim.settle();
  expect(w.graph.deadLetters.list()[0]?.error).toMatchObject({ name: 'TypeError' });
});

test('the payload of a refused send stays out of the dead letter of the message that caused it', async () => {
  const w = handlerWorld((value, ctx) => {
    ctx.outputs.out.close();
    if (value === 2) ctx.outputs.out.send('secret');
  }, ONCE);
  await give(w, 1, 2);
  expect(letters(w)).toEqual([[2, 'showstopper', 'ERR_CHANNEL_CLOSED']]);
  expect(JSON.stringify(w.graph.deadLetters.list())).not.toContain('secret');
});
