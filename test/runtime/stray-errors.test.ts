/** Errors that nothing caught, under `graph.run()`. The real process is in test/package/stray-errors.test.ts. */
import {
  type ActorOptions,
  defineActor,
  Graph,
  type GraphOptions,
  type HandlerContext,
  input,
  type InputSpec,
  type LoopContext,
} from 'holdfast';
import { type CapturedLog, capturedLog, type LogLine, Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { deferred, letters } from './single-actor.ts';
import { actorOf, watch, type World, world } from './world.ts';

type Ctx = HandlerContext<Record<never, never>, { n: number }, undefined>;
type Loop = LoopContext<{ readonly go: InputSpec<number> }, Record<never, never>, { n: number }, undefined>;

/** Code that nobody awaits, and that fails later: the process hears of it where it fails. */
async function straying({ sim }: World, gate: Promise<void>, error: unknown): Promise<void> {
  await gate;
  sim.host.strayError(error);
}

function recorded(options: Omit<GraphOptions, 'name' | 'ports'> = {}): World & { log: CapturedLog } {
  const log = capturedLog();
  return { ...world({ log, ...options }), log };
}

function placeHandler(
  w: World,
  handler: (value: number, ctx: Ctx) => Promise<void> | void,
  options: ActorOptions = {},
) {
  const go = w.graph.channel<number>('go', { capacity: 8 });
  const definition = defineActor({ inputs: { go: input<number>() }, state: () => ({ n: 0 }), on: { go: handler } });
  const handle = w.graph.actor('worker', definition, { go }, { showstopperAfter: 2, ...options });
  return { go, handle };
}

const strays = ({ events }: World): unknown[] =>
  events.flatMap((event) => (event.kind === 'stray' ? [[event.actor, event.error, event.openTurns]] : []));
const failures = ({ events }: World): unknown[] =>
  events.flatMap((event) =>
    event.kind === 'failed' ? [[event.actor, event.regeneration, event.exit, event.inHand]] : [],
  );
const linesAbove = (lines: readonly LogLine[], ...levels: readonly string[]): unknown[] =>
  lines.filter(({ level }) => levels.includes(level)).map(({ level, text, fields: { actor } }) => [level, text, actor]);

const boom = new Error('boom');

describe('an error that nothing caught', () => {
  test('is a failure of the actor that set it off: no attempt, a restart, and the graph goes on', async () => {
    const w = recorded();
    const gate = deferred();
    const { go } = placeHandler(w, (value, ctx) => {
      ctx.state.n += value;
      if (value === 1) void straying(w, gate.promise, boom);
    });
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    expect(failures(w)).toEqual([]);
    gate.resolve();
    await w.sim.settle();
    expect(failures(w)).toEqual([['worker', 0, { kind: 'crashed', error: boom }, []]]);
    expect(strays(w)).toEqual([['worker', boom, []]]);
    expect(actorOf(w.graph, 'worker')).toMatchObject({ regeneration: 1, phase: 'idle', failures: 1, state: { n: 1 } });
    expect(linesAbove(w.log.lines, 'warn', 'error', 'fatal')).toEqual([
      ['error', 'an error that nothing caught: it is a failure of the actor that set it off', 'worker'],
    ]);
    await go.send(2);
    await w.sim.settle();
    w.sim.host.signal('SIGTERM');
    await w.sim.advance(0);
    expect([done.state, w.sim.host.exitStatus, actorOf(w.graph, 'worker').state]).toEqual([
      'resolved',
      undefined,
      { n: 3 },
    ]);
  });

  test('rolls the open turn back; its message comes again as if for the first time', async () => {
    const w = recorded();
    const attempts: number[] = [];
    const gates = [deferred(), deferred()];
    const { go } = placeHandler(w, async (value, ctx) => {
      attempts.push(ctx.attempt);
      ctx.state.n += value;
      if (attempts.length > 1) return;
      void straying(w, (gates[0] as (typeof gates)[0]).promise, boom);
      await (gates[1] as (typeof gates)[0]).promise;
    });
    void watch(w.graph.run());
    await go.send(5);
    await w.sim.settle();
    gates[0]?.resolve();
    await w.sim.settle();
    expect([attempts, actorOf(w.graph, 'worker').state, letters(w)]).toEqual([[1, 1], { n: 5 }, []]);
  });

  test('ends the wait of a loop, as any failure: finally blocks run and the signal aborts', async () => {
    const w = recorded();
    const trace: string[] = [];
    const gate = deferred();
    const go = w.graph.channel<number>('go', { capacity: 8 });
    const run = async ({ regeneration, signal, next, inputs }: Loop): Promise<void> => {
      if (regeneration === 0) void straying(w, gate.promise, boom);
      signal.addEventListener('abort', () => trace.push(`aborted ${regeneration}`));
      try {
        for (;;) await next(inputs.go.avail());
      } finally {
        trace.push(`finally ${regeneration}`);
      }
    };
    w.graph.actor('loop', defineActor({ inputs: { go: input<number>() }, state: () => ({ n: 0 }), run }), { go });
    void watch(w.graph.run());
    await w.sim.settle();
    gate.resolve();
    await w.sim.settle();
    expect([trace.sort(), actorOf(w.graph, 'loop').regeneration]).toEqual([['aborted 0', 'finally 0'], 1]);
  });

  test('counts for the restart intensity', async () => {
    const w = recorded();
    const { go } = placeHandler(w, () => void straying(w, Promise.resolve(), boom), { maxRestarts: 1 });
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.advance(1_000);
    expect(w.graph.status).toBe('running');
    await go.send(2);
    await w.sim.advance(1_000);
    expect([done.code, w.sim.host.exitStatus]).toEqual(['ERR_RESTART_LIMIT', 1]);
    expect(done.error).toMatchObject({ cause: boom });
  });

  test('ends an actor that does not come back after a crash', async () => {
    const w = recorded();
    const { go } = placeHandler(w, () => void straying(w, Promise.resolve(), boom), { restart: 'temporary' });
    w.graph.actor('other', defineActor({ run: ({ next, after }) => next(after(1_000)).then(() => undefined) }), {});
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    expect([actorOf(w.graph, 'worker').exit, w.graph.status]).toEqual(['crashed', 'running']);
  });

  test('that comes again and again slows the actor down, as retries do', async () => {
    const w = recorded();
    const startedAt: number[] = [];
    const never = new Promise<void>(() => undefined);
    const { go } = placeHandler(
      w,
      async () => {
        startedAt.push(w.sim.clock.nowMs());
        void straying(w, Promise.resolve(), boom);
        await never; // nothing is ever committed
      },
      { maxRestarts: Infinity, retryBackoff: { minMs: 100, factor: 2, jitter: 0 } },
    );
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.advance(800);
    expect(startedAt).toEqual([0, 0, 100, 300, 700]);
  });

  test('several of them end the incarnation once', async () => {
    const w = recorded();
    const { go } = placeHandler(w, () => {
      void straying(w, Promise.resolve(), boom);
      void straying(w, Promise.resolve(), new Error('another'));
    });
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    expect([failures(w), strays(w).length]).toEqual([[['worker', 0, { kind: 'crashed', error: boom }, []]], 2]);
  });

  test.each(['before', 'after'])('a kill stands, whether it comes %s', async (order) => {
    const w = recorded();
    const { go, handle } = placeHandler(w, async () => {
      await Promise.resolve();
      if (order === 'before') handle.kill();
      w.sim.host.strayError(boom);
      if (order === 'after') handle.kill();
    });
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    expect(failures(w)[0]).toEqual(['worker', 0, { kind: 'killed' }, []]);
    expect(failures(w).length).toBe(strays(w).length);
  });

  test.each(['has crashed since', 'has ended since'])(
    'of an incarnation that %s is told, and fails nobody',
    async (end) => {
      const w = recorded();
      const gate = deferred();
      const { go } = placeHandler(
        w,
        (value) => {
          if (value === 1) void straying(w, gate.promise, boom);
          if (value === 2) throw new Error('on purpose');
        },
        { restart: end === 'has crashed since' ? 'permanent' : 'temporary', showstopperAfter: 1 },
      );
      w.graph.actor('other', defineActor({ run: ({ next, after }) => next(after(1_000)).then(() => undefined) }), {});
      void watch(w.graph.run());
      await go.send(1);
      await go.send(2);
      await w.sim.settle();
      expect(failures(w).length).toBe(1);
      gate.resolve();
      await w.sim.settle();
      expect([failures(w).length, strays(w), w.graph.status]).toEqual([1, [['worker', boom, []]], 'running']);
      expect(linesAbove(w.log.lines, 'warn').at(-1)).toEqual([
        'warn',
        'an error that nothing caught, of an incarnation that has ended',
        'worker',
      ]);
    },
  );

  test('of an actor between two incarnations is told, and does not fail the next one', async () => {
    const w = recorded();
    const gate = deferred();
    const { go } = placeHandler(
      w,
      (_, ctx) => {
        if (ctx.regeneration > 0) return;
        void straying(w, gate.promise, boom);
        throw new Error('on purpose');
      },
      { backoff: { minMs: 100, jitter: 0 } },
    );
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    expect(actorOf(w.graph, 'worker').phase).toBe('delayed');
    gate.resolve();
    await w.sim.advance(1_000);
    expect([failures(w).length, actorOf(w.graph, 'worker').regeneration]).toEqual([1, 1]);
  });

  test('of an abort listener is laid to the incarnation that is given up, and not to whoever woke the graph', async () => {
    const w = recorded();
    const gate = deferred();
    const listening = defineActor({
      async run({ signal, next, after }) {
        signal.addEventListener('abort', () => void straying(w, Promise.resolve(), boom));
        for (;;) await next(after(100_000));
      },
    });
    const handle = w.graph.actor('listening', listening, {});
    const { go } = placeHandler(w, async () => {
      await gate.promise; // what goes on then wakes the run queue, in which the other is killed
    });
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    gate.resolve();
    await Promise.resolve();
    handle.kill();
    await w.sim.settle();
    expect([strays(w), failures(w)]).toEqual([[['listening', boom, []]], [['listening', 0, { kind: 'killed' }, []]]]);
    expect(linesAbove(w.log.lines, 'warn').at(-1)).toEqual([
      'warn',
      'an error that nothing caught, of an incarnation that has ended',
      'listening',
    ]);
  });

  test('of an effect is a failure of the actor as well', async () => {
    const w = recorded();
    const { go } = placeHandler(w, async (_, { effect, regeneration }) => {
      if (regeneration > 0) return;
      await effect('fetch', async () => {
        await Promise.resolve();
        void straying(w, Promise.resolve(), boom);
      });
    });
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    expect(strays(w)).toEqual([['worker', boom, []]]);
  });
});

describe('what belongs to nobody stops the graph', () => {
  test('and names the actors with open turns, without blaming one', async () => {
    const w = recorded({ trackStray: false, shutdownTimeoutMs: 10, shutdownGraceMs: 0 });
    const gate = deferred();
    const { go } = placeHandler(w, async () => {
      void straying(w, gate.promise, boom);
      await new Promise(() => undefined);
    });
    w.graph.actor('idle', defineActor({ run: ({ next, after }) => next(after(9_000)).then(() => undefined) }), {});
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    gate.resolve();
    await w.sim.settle();
    expect(strays(w)).toEqual([[undefined, boom, ['worker']]]);
    expect(w.log.lines.filter(({ level }) => level === 'fatal')).toMatchObject([
      { text: 'an error that nothing caught: stopping', fields: { err: boom, openTurns: ['worker'] } },
    ]);
    expect(failures(w)).toEqual([]);
    await w.sim.advance(10);
    expect([done.state, w.sim.host.exitStatus]).toEqual(['rejected', 1]);
  });

  test('the list of open turns is bounded', async () => {
    const w = recorded({ shutdownTimeoutMs: 10 });
    const stuck = defineActor({ source: () => new Promise<'done'>(() => undefined) });
    for (let index = 0; index < 30; index += 1) w.graph.actor(`stuck ${index}`, stuck, {});
    void watch(w.graph.run());
    await w.sim.settle();
    w.sim.host.strayError(boom);
    await w.sim.settle();
    expect(strays(w)).toMatchObject([[undefined, boom, Array.from({ length: 20 }, (_, index) => `stuck ${index}`)]]);
  });

  test.each(['sink', 'feed'])(
    'as does the error of a %s, which is named, and not the actor that woke it',
    async (kind) => {
      const w = recorded();
      const channel = w.graph.channel<number>('channel', { capacity: 1 });
      const spoil = (): void => void straying(w, Promise.resolve(), boom);
      if (kind === 'sink') {
        w.graph.feed('numbers', [1], channel);
        w.graph.sink('edge', channel, spoil);
      } else {
        const source = {
          *[Symbol.iterator]() {
            for (let n = 0; n < 3; n += 1) {
              if (n === 2) spoil();
              yield n;
            }
          },
        };
        w.graph.feed('edge', source, channel);
        // Its take is what wakes the feed again.
        w.graph.actor('taker', defineActor({ inputs: { in: input<number>() }, on: { in: () => undefined } }), {
          in: channel,
        });
      }
      const done = watch(w.graph.run());
      await w.sim.advance(0);
      expect([done.error, w.sim.host.exitStatus, strays(w)]).toEqual([boom, 1, [[undefined, boom, []]]]);
      expect(w.log.lines.find(({ level }) => level === 'fatal')?.fields).toMatchObject({ [kind]: 'edge' });
    },
  );

  test('as does the error of a listener, even when it is called where code of an actor has led to', async () => {
    const w = recorded();
    const gate = deferred();
    const { go } = placeHandler(w, async () => {
      await gate.promise; // what goes on then wakes the run queue
      throw new Error('on purpose');
    });
    w.graph.subscribe(({ kind }) => {
      if (kind === 'failed') void straying(w, Promise.resolve(), boom);
    });
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    gate.resolve();
    await w.sim.advance(0);
    // By then the message is tried again.
    expect([strays(w)[0], done.error]).toEqual([[undefined, boom, ['worker']], boom]);
  });

  test('as does the error of a trigger, even when it is asked where code of an actor has led to', async () => {
    const asked: string[] = [];
    const custom = {
      temperature(): boolean {
        asked.push('temperature');
        void straying(w, Promise.resolve(), boom);
        return false;
      },
    };
    const w = recorded({ degradation: { levels: [{ name: 'hot', when: { custom }, pauseOptional: true }] } });
    const gate = deferred();
    const { go } = placeHandler(w, async () => {
      await gate.promise;
    });
    const done = watch(w.graph.run());
    await go.send(1);
    await w.sim.advance(999);
    expect(asked).toEqual([]);
    gate.resolve();
    for (let tick = 0; tick < 8; tick += 1) await Promise.resolve(); // what goes on then wakes the run queue
    w.sim.clock.fireNext(1_000);
    await w.sim.settle();
    expect([asked, strays(w)[0], done.error]).toEqual([['temperature'], [undefined, boom, []], boom]);
  });
});

describe('an error at the fence', () => {
  test.each([true, false])('is a warning with the name of its actor (trackStray: %s)', async (trackStray) => {
    const w = recorded({ trackStray });
    const gate = deferred();
    const { go } = placeHandler(w, (_, ctx) => {
      const late = async (): Promise<void> => {
        await gate.promise;
        try {
          ctx.exit();
        } catch (error) {
          w.sim.host.strayError(error);
        }
      };
      if (ctx.attempt > 1) return;
      void late();
      throw new Error('on purpose');
    });
    void watch(w.graph.run());
    await go.send(1);
    await w.sim.settle();
    gate.resolve();
    await w.sim.settle();
    expect([w.graph.status, strays(w), failures(w).length]).toEqual(['running', [], 1]);
    expect(linesAbove(w.log.lines, 'warn')).toEqual([
      ['warn', 'a promise that nobody awaited met the fence of a turn that had ended', 'worker'],
    ]);
  });
});

describe('two graphs in one process', () => {
  /** Each under `run()`, or only started, in a process that both share. */
  function pair(
    options: readonly [Omit<GraphOptions, 'name' | 'ports'>, Omit<GraphOptions, 'name' | 'ports'>],
  ): [World, World] {
    const sim = new Simulation();
    const [first, second] = options.map((option, index) => {
      const graph = new Graph({ name: `graph ${index}`, logLevel: 'silent', ports: sim.ports, ...option });
      const events: World['events'] = [];
      graph.subscribe((event) => events.push(event));
      return { sim, graph, events };
    });
    return [first as World, second as World];
  }

  test.each([true, false])('leave each other alone (the second follows its own code: %s)', async (trackStray) => {
    const [first, second] = pair([{}, { trackStray }]);
    const { go } = placeHandler(first, () => void straying(first, Promise.resolve(), boom));
    placeHandler(second, () => undefined);
    void watch(first.graph.run());
    void watch(second.graph.run());
    await go.send(1);
    await first.sim.settle();
    expect([strays(first), strays(second)]).toEqual([[['worker', boom, []]], []]);
    expect([first.graph.status, second.graph.status]).toEqual(['running', 'running']);
  });

  test('an error of one that does not deal with such errors stops the other: somebody must', async () => {
    const [first, second] = pair([{}, {}]);
    const { go } = placeHandler(first, () => void straying(first, Promise.resolve(), boom));
    placeHandler(second, () => undefined);
    first.graph.start();
    const done = watch(second.graph.run());
    await go.send(1);
    await first.sim.advance(0);
    expect([strays(second), done.error]).toEqual([[[undefined, boom, []]], boom]);
  });

  test('one that an actor of the other has started answers for its own actors', async () => {
    const [first, second] = pair([{}, {}]);
    const inner = placeHandler(second, () => void straying(second, Promise.resolve(), boom));
    const { go } = placeHandler(first, () => {
      void watch(second.graph.run());
      inner.go.trySend(1);
    });
    void watch(first.graph.run());
    await go.send(1);
    await first.sim.settle();
    expect([strays(first), strays(second)]).toEqual([[], [['worker', boom, []]]]);
  });
});

test('trackStray is true or false', () => {
  expect(() => world({ trackStray: 1 as unknown as boolean })).toThrow(/trackStray must be true or false, got 1/);
});
