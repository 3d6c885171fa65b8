/** Cases that are about options, names, and what actors go through under supervisors: each as it is in a real graph. */
import { describe, expect, test } from 'vitest';
import {
  type ChildEvent,
  type ChildEventAnswer,
  defineActor,
  Graph,
  input,
  output,
  type SupervisorBuilder,
  type SupervisorOptions,
} from '../../src/index.ts';
import { SUPERVISOR_DEFAULTS } from '../../src/system/supervisor-options.ts';
import { Simulation } from '../../src/testing/index.ts';

type Order = number | 'crash' | 'exit' | 'leave' | 'wait';

/** What the hooks and handlers of an actor have done; `wait` takes 100 ms. */
function diarist(
  diary: string[],
  sim: Simulation,
  more: { readonly startsInMs?: number; readonly isBad?: boolean } = {},
) {
  const { startsInMs = 0, isBad = false } = more;
  return defineActor({
    inputs: { mailbox: input<Order>({ capacity: 1_100 }) },
    async onStart({ effect, join }) {
      join('diarists');
      if (startsInMs > 0) await effect('start', () => sim.clock.sleep(startsInMs));
      if (isBad) throw new Error('bad start');
      diary.push('start');
    },
    onStop: (_, exit) => void diary.push(`stop: ${exit.kind}`),
    on: {
      async mailbox(order, { exit, effect, signal }) {
        if (order === 'wait') {
          signal.addEventListener('abort', () => diary.push('aborted'));
          await effect('wait', () => sim.clock.sleep(100));
        }
        if (order === 'crash') throw new Error('crash');
        if (order === 'exit') exit();
        if (order === 'leave') exit({ shutdown: 'enough' });
        diary.push(`did ${order}`);
      },
    },
  });
}

class World {
  readonly sim = new Simulation();
  readonly graph: Graph;
  readonly diary: string[] = [];
  /** What a policy was told. */
  readonly told: string[] = [];
  readonly #trace: string[] = [];

  constructor() {
    const actorDefaults = { showstopperAfter: 1 };
    this.graph = new Graph({ name: 'world', ports: this.sim.ports, logLevel: 'silent', actorDefaults });
    this.graph.subscribe((event) => {
      if (event.kind === 'actorStarted') this.#trace.push(`+${event.actor}.${event.regeneration + 1}`);
      if (event.kind === 'startFailed') this.#trace.push(`!${event.actor}.${event.regeneration + 1}`);
      if (event.kind === 'actorStopped') {
        this.#trace.push(`-${event.actor}.${event.regeneration + 1}:${event.exit.kind}`);
      }
    });
  }

  /** A supervisor whose policy writes down what it is told, and leaves all to the rules. */
  supervisor<R extends object>(options: SupervisorOptions, build: (builder: SupervisorBuilder) => R) {
    const onChildEvent = (event: ChildEvent): ChildEventAnswer | undefined => {
      const { kind, child, exit } = event;
      this.told.push(`${kind} ${child.id}${exit === undefined ? '' : ` ${exit.kind}`}`);
      return undefined;
    };
    return this.graph.supervisor('s', { onChildEvent, ...options }, build);
  }

  diarist(more: { readonly startsInMs?: number; readonly isBad?: boolean } = {}) {
    return diarist(this.diary, this.sim, more);
  }

  async start(): Promise<void> {
    this.graph.start();
    await this.sim.settle();
  }

  /** Since the last look. */
  get news(): string {
    return this.#trace.splice(0).join(' ');
  }

  get letters(): readonly string[] {
    return this.graph.deadLetters.list().map(({ payload, reason }) => `${String(payload)} ${reason}`);
  }

  async stop(): Promise<void> {
    this.graph.requestShutdown();
    await this.sim.runUntil(this.graph.stopped());
    this.graph.checkConservation();
  }
}

const idle = defineActor({ inputs: { mailbox: input<string>({ capacity: 4 }) }, on: { mailbox: () => undefined } });

/** What is thrown, in short. */
function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const { code, message } = error as { readonly code: string; readonly message: string };
    return `${code}: ${message}`;
  }
  return 'nothing';
}

describe('options', () => {
  test('S9, S10: there is no init to ignore: a supervisor may be built without children, and not at all', async () => {
    const world = new World();
    const { supervisor } = world.graph.supervisor('empty', {}, () => undefined);
    expect(() =>
      world.graph.supervisor('broken', {}, (builder) => {
        builder.spawn('a', idle);
        throw new Error('init');
      }),
    ).toThrow('init');
    world.graph.spawn('keeper', idle);
    await world.start();
    expect(world.news).toBe('+empty.1 +keeper.1');
    expect(supervisor.counts()).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 });
    expect(world.graph.whereIs('broken/a')).toBeUndefined();
    await world.stop();
  });

  test('S15: the defaults of a spec are those of Erlang; of the limit, 5 within 10 s', async () => {
    const world = new World();
    const { supervisor } = world.graph.supervisor('s', {}, (builder) => {
      builder.spawn('a', idle);
      builder.supervisor('m', {}, () => undefined);
    });
    const same = { restart: 'permanent', significant: false } as const;
    expect(supervisor.spec('a')).toEqual(undefined); // there is nobody before the start
    await world.start();
    expect(supervisor.spec('a')).toMatchObject({ ...same, kind: 'worker', shutdown: 5_000 });
    expect(supervisor.spec('m')).toMatchObject({ ...same, kind: 'supervisor', shutdown: 'infinity' });
    const { strategy, maxRestarts, periodMs, autoShutdown } = SUPERVISOR_DEFAULTS;
    expect([strategy, maxRestarts, periodMs, autoShutdown]).toEqual(['oneForOne', 5, 10_000, 'never']);
    await world.stop();
  });

  const wrong: readonly (readonly [string, unknown])[] = [
    ['strategy', 'oneForSome'],
    ...[-1, 1.5].map((value) => ['maxRestarts', value] as const),
    ...[0, -1, Infinity].map((value) => ['periodMs', value] as const),
    ['autoShutdown', 'sometimes'],
  ];
  test.each(wrong)('S16: %s %s is refused by its name, and nothing starts', async (option, value) => {
    const world = new World();
    const build = (): unknown =>
      world.graph.supervisor('s', { [option]: value }, (builder) => ({ a: builder.spawn('a', idle) }));
    const text = refused(build);
    expect(text).toMatch(/^ERR_INVALID_OPTION/);
    expect(text).toContain(option);
    expect(text).toContain(String(value));
    world.graph.spawn('keeper', idle);
    await world.start();
    expect(world.news).toBe('+keeper.1');
    await world.stop();
  });

  test('S18: a name that is taken is refused, and whoever has it stays', async () => {
    const world = new World();
    const { a } = world.graph.supervisor('s', {}, (builder) => ({ a: builder.spawn('a', idle) }));
    for (const name of ['s', 's/a']) {
      const text = refused(() => world.graph.supervisor(name, {}, (builder) => builder.spawn('b', idle)));
      expect(text).toMatch(/^ERR_DUPLICATE_NAME/);
    }
    await world.start();
    expect(world.news).toBe('+s.1 +s/a.1');
    expect(world.graph.whereIs('s/a')).toBe(a);
    await world.stop();
  });

  test('Y10: a dynamic supervisor has exactly one template', () => {
    const { graph } = new World();
    const options = { maxChildren: 2 };
    expect(refused(() => graph.dynamicSupervisor('d', options, undefined as never))).toMatch(/^ERR_INVALID_OPTION/);
    expect(refused(() => graph.dynamicSupervisor('d', options, [idle, idle] as never))).toMatch(/^ERR_INVALID_OPTION/);
    expect(refused(() => graph.dynamicSupervisor('d', options, idle))).toBe('nothing'); // the name is free
  });

  test('Y13: nothing is significant under a dynamic supervisor', () => {
    const { graph } = new World();
    const options = { restart: 'transient', significant: true } as const;
    expect(refused(() => graph.dynamicSupervisor('d', { maxChildren: 2 }, idle, {}, options))).toMatch(
      /^ERR_INVALID_OPTION.*significant/,
    );
    const unknown = { maxChildren: 2, autoShutdown: 'anySignificant' } as never;
    expect(refused(() => graph.dynamicSupervisor('d', unknown, idle))).toMatch(/^ERR_INVALID_OPTION.*autoShutdown/);
  });

  test('A13: a significant child needs an automatic shutdown, and an end that is one', () => {
    const { graph } = new World();
    const placed = (autoShutdown: 'never' | 'anySignificant', restart: 'permanent' | 'transient'): string =>
      refused(() =>
        graph.supervisor('s', { autoShutdown }, (builder) =>
          builder.spawn('a', idle, {}, { restart, significant: true }),
        ),
      );
    expect(placed('never', 'transient')).toMatch(/^ERR_INVALID_OPTION.*significant/);
    expect(placed('anySignificant', 'permanent')).toMatch(/^ERR_INVALID_OPTION.*significant/);
    expect(placed('anySignificant', 'transient')).toBe('nothing');
  });
});

describe('administration', () => {
  test('M14: an actor that is none of its children may end as it likes', async () => {
    const world = new World();
    world.supervisor({ maxRestarts: 0 }, (builder) => ({ a: builder.spawn('a', idle) }));
    const stranger = world.graph.spawn('stranger', world.diarist(), {}, { restart: 'temporary' });
    await world.start();
    stranger.tryCast('crash');
    await world.sim.settle();
    expect(world.news).toBe('+s.1 +s/a.1 +stranger.1 -stranger.1:crashed');
    expect(world.told).toEqual(['started a']);
    await world.stop();
  });

  test('M15: whatever is asked of a supervisor that is gone is refused at once', async () => {
    const world = new World();
    const { supervisor } = world.supervisor({}, (builder) => ({ a: builder.spawn('a', idle) }));
    world.graph.spawn('keeper', idle);
    await world.start();
    await supervisor.stop();
    await supervisor.stop(); // once more, it is done
    const asked = [
      supervisor.start('b', idle),
      supervisor.terminate('a'),
      supervisor.restart('a'),
      supervisor.delete('a'),
    ];
    const answers = await Promise.all(asked.map((work) => work.then(String, ({ details }) => details.why as string)));
    expect(answers).toEqual(Array.from({ length: 4 }, () => 'no such supervisor'));
    await world.stop();
  });

  test('M17: a start answers the ref, a restart nothing: there is nothing extra to pass on', async () => {
    const world = new World();
    const { supervisor } = world.supervisor({}, () => ({}));
    world.graph.spawn('keeper', idle);
    await world.start();
    const ref = await supervisor.start('a', idle);
    expect(ref).toBe(world.graph.whereIs('s/a'));
    await supervisor.terminate('a');
    expect(await supervisor.restart('a')).toBeUndefined();
    expect(world.graph.whereIs('s/a')).toBe(ref);
    await world.stop();
  });

  test('Y4, Y11: 1,000 children of a dynamic supervisor come and go, and nothing is left of them', async () => {
    const world = new World();
    const pool = world.graph.dynamicSupervisor('d', { maxChildren: 1_000 }, idle);
    await world.start();
    const refs = await Promise.all(Array.from({ length: 1_000 }, () => pool.start()));
    expect(pool.counts()).toEqual({ specs: 1, active: 1_000, supervisors: 0, workers: 1_000 });
    await Promise.all(refs.map((ref) => pool.terminate(ref)));
    expect(pool.counts()).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 0 });
    expect(world.graph.snapshot().actors).toEqual([]);
    const [first] = refs;
    if (first === undefined) throw new Error('there was none');
    await expect(pool.terminate(first)).rejects.toMatchObject({ details: { why: 'not found' } });
    await world.stop();
  });
});

describe('above a supervisor', () => {
  test('P14: whoever started it fails: it stops its children in order', async () => {
    const world = new World();
    const { z } = world.graph.supervisor(
      'top',
      { onChildEvent: ({ kind }) => (kind === 'failed' ? 'escalate' : undefined), restart: 'temporary' },
      (top) => {
        top.supervisor('s', {}, (builder) => {
          builder.spawn('a', idle);
          builder.spawn('b', idle);
        });
        return { z: top.spawn('z', world.diarist()) };
      },
    );
    world.graph.spawn('keeper', idle);
    await world.start();
    void world.news;
    z.tryCast('crash');
    await world.sim.settle();
    expect(world.news).toBe(
      '-top/z.1:crashed -top/s/b.1:shutdown -top/s/a.1:shutdown -top/s.1:shutdown -top.1:crashed',
    );
    await world.stop();
  });
});

describe('a child', () => {
  test('C1: that cannot start is an error of whoever asked for it, and of nobody else', async () => {
    const world = new World();
    const { supervisor } = world.supervisor({ maxRestarts: 0 }, (builder) => ({ a: builder.spawn('a', idle) }));
    await world.start();
    const start = supervisor.start('bad', world.diarist({ isBad: true }));
    await expect(start).rejects.toMatchObject({ code: 'ERR_START_FAILED', cause: new Error('bad start') });
    await world.sim.settle();
    expect(world.news).toBe('+s.1 +s/a.1 !s/bad.1');
    expect(world.told).toEqual(['started a']);
    expect(world.graph.whereIs('s/bad')).toBeUndefined();
    expect(world.graph.groups.members('diarists')).toEqual([]);
    await supervisor.start('bad', world.diarist()); // the name is free
    await world.stop();
  });

  test('C2: that fails right after its start has started: its supervisor is told both, and its onStop runs', async () => {
    const world = new World();
    const eager = defineActor({
      inputs: { mailbox: input<'go on'>({ capacity: 1 }) },
      onStart: ({ to, self }) => to(self).cast('go on'),
      onStop: (_, exit) => void world.diary.push(`stop: ${exit.kind}`),
      on: {
        mailbox() {
          throw new Error('too eager');
        },
      },
    });
    const { supervisor } = world.supervisor({}, () => ({}));
    world.graph.spawn('keeper', idle);
    await world.start();
    await supervisor.start('eager', eager, {}, { restart: 'temporary' });
    await world.sim.settle();
    expect(world.told).toEqual(['started eager', 'failed eager crashed']);
    expect(world.diary).toEqual(['stop: crashed']);
    await world.stop();
  });

  test('C4: whose onStop throws after an end of its own wish has failed', async () => {
    const world = new World();
    const clumsy = defineActor({
      inputs: { mailbox: input<'exit'>({ capacity: 1 }) },
      onStop(_, exit) {
        if (exit.kind === 'normal') throw new Error('clumsy');
      },
      on: { mailbox: (_, { exit }) => exit() },
    });
    const { a } = world.supervisor({}, (builder) => ({ a: builder.spawn('a', clumsy, {}, { restart: 'transient' }) }));
    await world.start();
    a.tryCast('exit');
    await world.sim.settle();
    expect(world.told).toEqual(['started a', 'failed a crashed', 'started a']);
    expect(world.news).toBe('+s.1 +s/a.1 -s/a.1:crashed +s/a.2');
    await world.stop();
  });

  test('C7: that ends by its own wish finishes what it does; what waits behind that becomes dead letters', async () => {
    const world = new World();
    const { a } = world.supervisor({}, (builder) => ({
      a: builder.spawn('a', world.diarist(), {}, { restart: 'transient' }),
    }));
    world.graph.spawn('keeper', idle);
    await world.start();
    for (const order of ['leave', 1, 2] as const) a.tryCast(order);
    await world.sim.settle();
    expect(world.diary).toEqual(['start', 'did leave', 'stop: shutdown']);
    expect(world.told).toEqual(['started a', 'terminated a shutdown']);
    expect(world.letters.map((letter) => letter.slice(0, 2))).toEqual(['1 ', '2 ']);
    await world.stop();
  });

  test('C8: that is killed is interrupted at once: its signal aborts, its result reaches nothing, it has no onStop', async () => {
    const world = new World();
    const { a } = world.supervisor({}, (builder) => ({
      a: builder.spawn('a', world.diarist(), {}, { restart: 'temporary' }),
    }));
    world.graph.spawn('keeper', idle);
    await world.start();
    a.tryCast('wait');
    await world.sim.advance(50);
    expect(world.diary).toEqual(['start']);
    a.kill();
    await world.sim.settle();
    expect(world.diary).toEqual(['start', 'aborted']);
    expect(world.told).toEqual(['started a', 'failed a killed']);
    await world.sim.advance(100);
    expect(world.diary).toEqual(['start', 'aborted']);
    await world.stop();
  });

  test('C10: who drains works off what it has, takes no more, and has completed then', async () => {
    const world = new World();
    const { a } = world.supervisor({}, (builder) => ({ a: builder.spawn('a', world.diarist()) }));
    world.graph.spawn('keeper', idle);
    await world.start();
    for (let value = 1; value <= 1_000; value += 1) a.tryCast(value);
    const drained = a.drain();
    await expect(a.cast(1_001)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', details: { undelivered: 1_001 } });
    await world.sim.settle();
    await drained;
    expect(world.diary).toHaveLength(1_002);
    expect(world.diary.slice(-2)).toEqual(['did 1000', 'stop: completed']);
    expect(world.news).toBe('+s.1 +s/a.1 +keeper.1 -s/a.1:completed');
    await world.stop();
  });

  test('C11: is stopped with its onStop, last started first, before its supervisor ends', async () => {
    const world = new World();
    const { supervisor } = world.supervisor({}, (builder) => {
      for (const id of ['a', 'b']) builder.spawn(id, world.diarist());
      return {};
    });
    world.graph.spawn('keeper', idle);
    await world.start();
    void world.news;
    await supervisor.stop();
    await world.sim.settle();
    expect(world.diary).toEqual(['start', 'start', 'stop: shutdown', 'stop: shutdown']);
    expect(world.news).toBe('-s/b.1:shutdown -s/a.1:shutdown -s.1:shutdown');
    await world.stop();
  });

  test('C13: gets the messages of one sender in their order, whoever else sends, crashes and restarts included', async () => {
    const world = new World();
    const seen: string[] = [];
    const reader = defineActor({
      inputs: { mailbox: input<readonly [string, number]>({ capacity: 8 }) },
      on: {
        mailbox([who, value], { attempt }) {
          if (value % 100 === 0 && attempt === 1) throw new Error('not at once');
          seen.push(`${who}${value}`);
        },
      },
    });
    const sender = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1_000 }) },
      outputs: { out: output<readonly [string, number]>() },
      on: { mailbox: (value, { name, outputs }) => outputs.out.send([name.slice(-1), value]) },
    });
    const { a, b } = world.graph.supervisor('s', { maxRestarts: 1_000 }, (builder) => {
      const out = builder.spawn('reader', reader, {}, { showstopperAfter: 3 });
      return { a: builder.spawn('a', sender, { out }), b: builder.spawn('b', sender, { out }) };
    });
    await world.start();
    for (let value = 1; value <= 1_000; value += 1) for (const each of [a, b]) each.tryCast(value);
    await world.sim.advance(10_000);
    const numbers = Array.from({ length: 1_000 }, (_, index) => index + 1);
    for (const who of ['a', 'b']) {
      expect(seen.filter((each) => each.startsWith(who))).toEqual(numbers.map((value) => `${who}${value}`));
    }
    await world.stop();
  });

  test('C14: that is stopped while it starts finishes its start, and then stops before any message', async () => {
    const world = new World();
    const { a, supervisor } = world.supervisor({}, (builder) => ({
      a: builder.spawn('a', world.diarist({ startsInMs: 100 })),
    }));
    world.graph.spawn('keeper', idle);
    await world.start();
    a.tryCast(1);
    const stopped = supervisor.terminate('a');
    await world.sim.advance(99);
    expect(world.diary).toEqual([]);
    await world.sim.advance(1);
    await stopped;
    expect(world.diary).toEqual(['start', 'stop: shutdown']);
    const restarted = supervisor.restart('a');
    await world.sim.advance(100);
    await restarted;
    expect(world.diary.slice(2)).toEqual(['start', 'did 1']);
    await world.stop();
  });

  test('C17: may be sent to before it has started: it handles that after its start, or a failing start buries it', async () => {
    for (const isBad of [false, true]) {
      const world = new World();
      const { a } = world.supervisor({}, (builder) => ({
        a: builder.spawn('a', world.diarist({ startsInMs: 100, isBad })),
      }));
      world.graph.start();
      const stopped = world.graph.stopped().catch(({ code }) => code as string);
      for (let value = 1; value <= 10; value += 1) a.tryCast(value);
      await world.sim.advance(100);
      const each = Array.from({ length: 10 }, (_, index) => index + 1);
      expect(world.diary).toEqual(isBad ? [] : ['start', ...each.map((value) => `did ${value}`)]);
      expect(world.letters).toEqual(isBad ? each.map((value) => `${value} no-consumer`) : []);
      if (isBad) expect(await world.sim.runUntil(stopped)).toBe('ERR_START_FAILED');
      else await world.stop();
    }
  });

  test.each(['keep', 'deadLetters'] as const)(
    'D9: crashes, and what waits in its mailbox: %s',
    async (mailboxOnRestart) => {
      const world = new World();
      const { a } = world.supervisor({}, (builder) => ({
        a: builder.spawn('a', world.diarist(), {}, { mailboxOnRestart }),
      }));
      await world.start();
      for (const order of ['crash', 1, 2] as const) a.tryCast(order);
      await world.sim.settle();
      const isKept = mailboxOnRestart === 'keep';
      expect(world.letters).toEqual(['crash showstopper', ...(isKept ? [] : ['1 restarted', '2 restarted'])]);
      expect(world.diary.slice(3)).toEqual(isKept ? ['did 1', 'did 2'] : []);
      await world.stop();
    },
  );
});
