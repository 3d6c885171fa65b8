/** `ref.stop` and `ref.drain`: ends of single actors that are asked for from outside. */
import { type ActorRef, defineActor, type GraphEvent, input, output, type Reply, type ReplyPort } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { type Context, hookWorld, type HookWorld, NOTHING, STYLES } from './hooks-world.ts';
import { actorOf, stopCleanly, watch, type World, world } from './world.ts';

/** The ends and beginnings of one actor, in a word each. */
function lives(events: readonly GraphEvent[], actor: string = 'actor'): string {
  return events
    .flatMap((event) => {
      if (event.kind === 'actorStarted' && event.actor === actor) return [`+${event.regeneration}`];
      if (event.kind === 'actorStopped' && event.actor === actor) return [`-${event.regeneration}:${event.exit.kind}`];
      return event.kind === 'ended' && event.actor === actor ? ['gone'] : [];
    })
    .join(' ');
}

const letters = ({ graph }: World): unknown[] =>
  graph.deadLetters.list().map(({ payload, reason }) => `${String(payload)} ${reason}`);

/** A number that takes as long as `ms` says. */
const slow =
  (w: () => HookWorld, ms: number) =>
  async (_value: number, ctx: Context): Promise<void> => {
    await ctx.effect('works', () => w().sim.clock.sleep(ms));
  };

const plain = defineActor({
  inputs: { mailbox: input<number | 'crash'>({ capacity: 4 }) },
  state: () => ({ seen: 0 }),
  on: {
    mailbox(message, { state }) {
      if (message === 'crash') throw new Error('crash');
      state.seen += 1;
    },
  },
});

/** Takes 10 ms for each message. */
function slowReader(w: World, done: unknown[]) {
  return defineActor({
    inputs: { mailbox: input<number>({ capacity: 2 }) },
    on: {
      async mailbox(message, { effect, attempt }) {
        await effect('read', () => w.sim.clock.sleep(10));
        if (message === 13 && attempt === 1) throw new Error('unlucky');
        done.push(message);
      },
    },
  });
}

describe('stop', () => {
  test.each(STYLES)('of a %s lets the open turn finish, and its restart type brings it back', async (style) => {
    const w: HookWorld = hookWorld(
      style,
      { onStart: NOTHING, onStop: NOTHING },
      slow(() => w, 50),
    );
    for (const value of [1, 2]) await w.go.send(value);
    await w.sim.advance(20);
    const stopped = watch(w.actor.stop());
    await w.sim.advance(29);
    expect([stopped.state, w.log]).toEqual(['pending', ['start 0', '1 in 0']]);
    await w.sim.advance(1);
    expect(stopped.state).toBe('resolved');
    expect(w.log).toEqual(['start 0', '1 in 0', 'stop 0 shutdown', 'start 1', '2 in 1']);
    expect(lives(w.events)).toBe('+0 -0:shutdown +1');
    await stopCleanly(w);
  });

  test.each(['transient', 'temporary'] as const)(
    'of a %s actor is its end, and what waits is left over',
    async (restart) => {
      const w: HookWorld = hookWorld(
        'handler',
        {},
        slow(() => w, 50),
        { actor: { restart } },
      );
      for (const value of [1, 2]) await w.go.send(value);
      await w.sim.advance(20);
      const stopped = watch(w.actor.stop());
      await w.sim.advance(30);
      expect(stopped.state).toBe('resolved');
      expect(lives(w.events)).toBe('+0 -0:shutdown gone');
      expect(letters(w)).toEqual(['2 stopped']);
      await stopCleanly(w);
    },
  );

  test('of an actor that has never had anything to do ends its incarnation as well', async () => {
    const w = world();
    const ref = w.graph.spawn('actor', plain);
    const passing = w.graph.spawn('passing', plain, {}, { restart: 'transient' });
    w.graph.start();
    await w.sim.settle();
    await Promise.all([ref.stop(), passing.stop()]);
    await w.sim.settle();
    expect([lives(w.events), lives(w.events, 'passing')]).toEqual(['+0 -0:shutdown +1', '+0 -0:shutdown gone']);
    await ref.cast(1);
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor')).toMatchObject({ regeneration: 1, state: { seen: 1 } });
    await stopCleanly(w);
  });

  test('of one that hibernates keeps what it remembers', async () => {
    const w = world();
    const ref = w.graph.spawn('actor', plain);
    w.graph.start();
    await ref.cast(1);
    await w.sim.settle();
    expect(w.graph.backstage.cells.get('actor')?.hibernate(0)).toBe(true);
    await ref.stop();
    await ref.cast(1);
    await w.sim.settle();
    expect(actorOf(w.graph, 'actor')).toMatchObject({ regeneration: 1, state: { seen: 2 } });
    await stopCleanly(w);
  });

  test('kills what takes longer than the shutdown time of the actor', async () => {
    const w: HookWorld = hookWorld(
      'handler',
      {},
      slow(() => w, 5_000),
      { actor: { shutdown: 100 } },
    );
    await w.go.send(1);
    await w.sim.advance(20);
    const stopped = watch(w.actor.stop());
    await w.sim.advance(99);
    expect(stopped.state).toBe('pending');
    await w.sim.advance(1);
    expect(stopped.state).toBe('resolved');
    expect(lives(w.events)).toBe('+0 -0:killed +1');
    await w.sim.advance(10_000);
    await stopCleanly(w);
  });

  test.each([
    ['that works', async (w: HookWorld) => void (await w.go.send(1)), '+0 -0:killed +1'],
    ['that sleeps', () => undefined, '+0 -0:killed +1'],
  ] as const)('of an actor %s and may take no time kills it', async (_, before, expected) => {
    const w: HookWorld = hookWorld(
      'handler',
      {},
      slow(() => w, 50),
      { actor: { shutdown: 'brutal' } },
    );
    await before(w);
    await w.sim.advance(20);
    await w.actor.stop();
    await w.sim.settle();
    expect(lives(w.events)).toBe(expected);
    await w.sim.advance(100);
    await stopCleanly(w);
  });

  test('comes after the start hooks that run, and brutally in their place', async () => {
    for (const [shutdown, expected] of [
      [1_000, '+0 -0:shutdown +1'],
      ['brutal', '-0:killed'],
    ] as const) {
      const onStart = (ctx: Context): Promise<void> =>
        ctx.regeneration > 0 ? Promise.resolve() : ctx.effect('starts', () => w.sim.clock.sleep(50));
      const w: HookWorld = hookWorld('handler', { onStart }, NOTHING, { actor: { shutdown } });
      await w.sim.advance(20);
      const stopped = watch(w.actor.stop());
      await w.sim.advance(100);
      expect(stopped.state).toBe('resolved');
      if (shutdown === 'brutal') await expect(w.sim.runUntil(w.graph.stopped())).rejects.toThrow('could not start');
      else {
        expect(lives(w.events)).toBe(expected);
        await stopCleanly(w);
      }
    }
  });

  test('counts as a restart', async () => {
    const w = world({ actorDefaults: { maxRestarts: 2 } });
    const ref = w.graph.spawn('actor', plain);
    w.graph.start();
    for (let round = 0; round < 3; round += 1) {
      await ref.stop();
      await w.sim.settle();
    }
    await expect(w.sim.runUntil(w.graph.stopped())).rejects.toMatchObject({ code: 'ERR_RESTART_LIMIT' });
  });

  test('is one end, however often it is asked for, and whoever asks besides', async () => {
    const w = world();
    const { supervisor, a } = w.graph.supervisor('s', {}, (builder) => ({ a: builder.spawn('a', slowReader(w, [])) }));
    w.graph.start();
    await a.cast(1);
    await w.sim.advance(5);
    const all = watch(Promise.all([a.stop(), a.stop(), supervisor.terminate('a'), a.stop()]));
    await w.sim.advance(5);
    expect(all.state).toBe('resolved');
    // Its supervisor stops it: it does not come back.
    expect(lives(w.events, 's/a')).toBe('+0 -0:shutdown');
    expect(supervisor.children()).toMatchObject([{ status: 'stopped' }]);
    await a.stop();
    await stopCleanly(w);
  });

  test('of an actor whose turn fails meanwhile is an end by that failure', async () => {
    const done: unknown[] = [];
    const w = world();
    const a = w.graph.spawn('a', slowReader(w, done));
    w.graph.start();
    await a.cast(13);
    await w.sim.advance(5);
    const stopped = watch(a.stop());
    await w.sim.advance(5);
    expect([stopped.state, lives(w.events, 'a')]).toEqual(['resolved', '+0 -0:crashed +1']);
    await w.sim.advance(10_000);
    expect(done).toEqual([13]); // its first attempt has counted
    await stopCleanly(w);
  });

  test.each([
    ['while it is open', 0, '+0 -0:shutdown +1'],
    ['while it waits to begin again', 30, '+0 -1:shutdown +2'],
  ])('of an actor whose turn is rolled back, %s, is an end', async (_, afterMs, expected) => {
    const w: HookWorld = hookWorld(
      'handler',
      {},
      async (_value, ctx) => {
        await ctx.effect('works', () => w.sim.clock.sleep(20));
        if (ctx.regeneration < 2) ctx.rollback();
      },
      { actor: { retryBackoff: { minMs: 50, jitter: 0 } } },
    );
    await w.go.send(1);
    await w.sim.advance(10 + afterMs);
    const stopped = watch(w.actor.stop());
    await w.sim.advance(10);
    expect([stopped.state, lives(w.events)]).toEqual(['resolved', expected]);
    await w.sim.advance(1_000);
    await stopCleanly(w);
  });

  test('of an actor that is gone resolves, and in a turn it is refused', async () => {
    const w = world();
    const codes: unknown[] = [];
    const other = w.graph.spawn('other', plain);
    const asks = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      on: {
        mailbox() {
          for (const verb of ['stop', 'drain'] as const) {
            try {
              void other[verb]();
            } catch (error) {
              codes.push((error as { readonly code: string }).code);
            }
          }
        },
      },
    });
    const asker = w.graph.spawn('asker', asks);
    w.graph.start();
    await asker.cast(1);
    await w.sim.settle();
    expect(codes).toEqual(['ERR_OUTSIDE_API_IN_TURN', 'ERR_OUTSIDE_API_IN_TURN']);
    await stopCleanly(w);
    await asker.stop();
    await asker.drain();
  });
});

describe('drain', () => {
  test.each(['loop', 'handler'] as const)('of a %s works off what it has, and completes', async (style) => {
    const w: HookWorld = hookWorld(
      style,
      { onStart: NOTHING, onStop: NOTHING },
      slow(() => w, 10),
    );
    for (const value of [1, 2, 3]) await w.go.send(value);
    await w.sim.advance(5);
    const drained = watch(w.actor.drain());
    await expect(w.go.send(4)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED', details: { undelivered: 4 } });
    expect(w.go.trySend(5)).toMatchObject({ ok: false, reason: 'closed' });
    await w.sim.advance(24);
    expect(drained.state).toBe('pending');
    await w.sim.advance(1);
    expect(drained.state).toBe('resolved');
    expect(w.log).toEqual(['start 0', '1 in 0', '2 in 0', '3 in 0', 'stop 0 completed']);
    expect(lives(w.events)).toBe('+0 -0:completed gone');
    await w.actor.drain(); // once more: it is gone
    await stopCleanly(w);
  });

  test('of a source is refused: it has nothing to work off', async () => {
    const w = hookWorld('source', {});
    expect(() => w.actor.drain()).toThrow('actor "actor" has no inputs, and so nothing to work off: stop it instead');
    await stopCleanly(w);
  });

  test('goes on over crashes, with what waited', async () => {
    const done: unknown[] = [];
    const w = world();
    const a = w.graph.spawn('a', slowReader(w, done));
    w.graph.start();
    await a.cast(13);
    await a.cast(14);
    const drained = watch(a.drain());
    await w.sim.advance(10);
    expect([drained.state, lives(w.events, 'a')]).toEqual(['pending', '+0 -0:crashed +1']);
    await w.sim.advance(10_000);
    expect([drained.state, done]).toEqual(['resolved', [13, 14]]);
    expect(lives(w.events, 'a')).toBe('+0 -0:crashed +1 -1:completed gone');
    await stopCleanly(w);
  });

  test('refuses those who wait for room, and makes dead letters of what actors still send', async () => {
    const done: unknown[] = [];
    const w = world();
    const a = w.graph.spawn('a', slowReader(w, done));
    const wired = defineActor({
      inputs: { mailbox: input<number>({ capacity: 8 }) },
      outputs: { a: output<number>() },
      state: () => ({ sent: 0 }),
      on: {
        mailbox(message, { outputs, state }) {
          outputs.a.send(message);
          state.sent += 1;
        },
      },
    });
    const sender = w.graph.spawn('sender', wired, { a });
    w.graph.start();
    for (const message of [1, 2]) await a.cast(message);
    await w.sim.advance(5);
    const waiting = watch(a.cast(3));
    await sender.cast(4); // its commit waits behind
    await w.sim.settle();
    expect(actorOf(w.graph, 'sender')).toMatchObject({ phase: 'committing' });
    const drained = watch(a.drain());
    await w.sim.settle();
    expect(waiting).toMatchObject({ state: 'rejected', code: 'ERR_CHANNEL_CLOSED' });
    await sender.cast(5);
    await w.sim.advance(15);
    expect([drained.state, done]).toEqual(['resolved', [1, 2]]);
    await sender.cast(6);
    await w.sim.settle();
    expect(letters(w)).toEqual(['4 no-consumer', '5 no-consumer', '6 no-consumer']);
    expect(actorOf(w.graph, 'sender')).toMatchObject({ regeneration: 0, state: { sent: 3 } });
    await stopCleanly(w);
  });

  test('waits for the answers that it is owed, and refuses calls', async () => {
    const w = world();
    const heard: unknown[] = [];
    interface Question {
      readonly reply: ReplyPort<string>;
    }
    const oracle = defineActor({
      inputs: { mailbox: input<Question>({ capacity: 4 }) },
      on: {
        async mailbox({ reply: port }, { effect, reply }) {
          await effect('think', () => w.sim.clock.sleep(50));
          reply(port, '42');
        },
      },
    });
    const asking = w.graph.spawn('oracle', oracle);
    const asker = defineActor({
      inputs: { mailbox: input<Question | 'ask' | Reply<string>>({ capacity: 4 }) },
      on: {
        mailbox(message, { request }) {
          heard.push(message);
          if (message !== 'ask') return;
          request(asking, (reply) => ({ reply }), { replyTo: 'mailbox', timeoutMs: 1_000 } as never);
        },
      },
    });
    const a = w.graph.spawn('a', asker);
    w.graph.start();
    await a.cast('ask');
    await w.sim.advance(10);
    const drained = watch(a.drain());
    const called = watch(a.call((reply) => ({ reply }), { timeoutMs: 1_000 }));
    await w.sim.advance(39);
    expect([drained.state, called.code]).toEqual(['pending', 'ERR_ACTOR_GONE']);
    await w.sim.advance(1);
    expect([drained.state, heard]).toEqual(['resolved', ['ask', { ok: true, value: '42', tag: undefined }]]);
    await stopCleanly(w);
  });

  test('has timers fire no more, and no reply of a turn during the drain is lost', async () => {
    const w = world();
    const seen: unknown[] = [];
    const timed = defineActor({
      inputs: { mailbox: input<string>({ capacity: 4 }) },
      on: {
        async mailbox(message, { timers, effect }) {
          seen.push(message);
          timers.every('beat', 10, 'beat');
          await effect('work', () => w.sim.clock.sleep(35));
        },
      },
    });
    const a = w.graph.spawn('a', timed);
    w.graph.start();
    for (const message of ['one', 'two']) await a.cast(message);
    await w.sim.advance(40);
    const drained = watch(a.drain());
    await w.sim.advance(1_000);
    expect([drained.state, seen]).toEqual(['resolved', ['one', 'two']]);
    expect(w.sim.clock.pending).toBe(0);
    await stopCleanly(w);
  });

  test('of an actor that has never had anything to do is its end; before the start of the graph, soon after it', async () => {
    const w = world();
    const early = w.graph.spawn('early', plain);
    const a = w.graph.spawn('a', plain);
    const before = watch(early.drain());
    w.graph.start();
    await w.sim.settle();
    expect([before.state, lives(w.events, 'early')]).toEqual(['resolved', '+0 -0:completed gone']);
    await a.drain();
    expect(lives(w.events, 'a')).toBe('+0 -0:completed gone');
    await w.sim.runUntil(w.graph.stopped()); // there is nobody left
  });

  test('closes all inputs: also those that others are wired to, and feeds', async () => {
    const w = world();
    const channel = w.graph.channel<number>('channel', { capacity: 2 });
    const done: number[] = [];
    const reader = defineActor({
      inputs: { from: input<number>(), own: input<number>({ capacity: 2 }) },
      on: {
        from: (message) => void done.push(message),
        own: (message) => void done.push(message),
      },
    });
    const a = w.graph.actor('a', reader, { from: channel });
    async function* numbers() {
      for (let number = 1; ; number += 1) {
        await w.sim.clock.sleep(10);
        yield number;
      }
    }
    w.graph.feed('numbers', numbers(), channel);
    w.graph.start();
    await a.input('own').send(100);
    await w.sim.advance(25);
    await a.drain();
    expect(done).toEqual([100, 1, 2]);
    await w.sim.advance(25);
    // The one that was under way; pulling on would only make more of them.
    expect(letters(w)).toEqual(['3 no-consumer']);
    await w.sim.runUntil(w.graph.stopped());
    w.graph.checkConservation();
  });

  test('is over when somebody has the actor begin again: it takes messages as before', async () => {
    const done: unknown[] = [];
    const w = world();
    const { supervisor, a } = w.graph.supervisor('s', {}, (builder) => ({
      a: builder.spawn('a', slowReader(w, done)),
    }));
    const keeper = w.graph.spawn('keeper', plain);
    w.graph.start();
    await a.cast(1);
    const drained = supervisor.drain('a');
    await w.sim.advance(10);
    await drained;
    expect(supervisor.children()).toMatchObject([{ id: 'a', status: 'stopped' }]);
    await expect(a.cast(2)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    await supervisor.restart('a');
    await a.cast(3);
    await w.sim.advance(10);
    expect([done, lives(w.events, 's/a')]).toEqual([[1, 3], '+0 -0:completed gone +1']);
    expect(keeper.name).toBe('keeper');
    await stopCleanly(w);
  });

  test('is offered by supervisors, for actors', async () => {
    const w = world();
    const { supervisor } = w.graph.supervisor('s', {}, (builder) => {
      builder.supervisor('below', {}, () => undefined);
    });
    const dynamic = w.graph.dynamicSupervisor('d', { maxChildren: 2 }, plain);
    w.graph.start();
    await w.sim.settle();
    expect(() => supervisor.drain('below')).toThrow('drain: id must be the id of an actor');
    await expect(supervisor.drain('nobody')).rejects.toMatchObject({ code: 'ERR_CHILD_REFUSED' });
    const child = await dynamic.start();
    await child.cast(1);
    await dynamic.drain(child);
    await w.sim.settle();
    expect(dynamic.counts()).toMatchObject({ workers: 0 });
    await expect(dynamic.drain(child)).rejects.toMatchObject({ code: 'ERR_CHILD_REFUSED' });
    await stopCleanly(w);
  });
});

describe('stopChild with drain', () => {
  type Command = 'crash' | { readonly spawn: number } | { readonly drain: string } | { readonly stop: string };

  /** An owner of a slow reader with two messages, which it spawns in these incarnations. */
  async function owned(regenerations: readonly number[] = [0, 1], changes: boolean = false) {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const done: unknown[] = [];
    const reader = slowReader(w, done); // the same in all incarnations, or it would be another child
    const ref = w.graph.spawn(
      'owner',
      defineActor({
        inputs: { mailbox: input<Command>({ capacity: 8 }) },
        supervises: { onEscalation: 'preserve' },
        onStart(ctx) {
          if (regenerations.includes(ctx.regeneration))
            ctx.spawn('a', reader, {}, { maxTimers: changes ? ctx.regeneration + 1 : 1 });
        },
        on: {
          mailbox(command, ctx) {
            if (command === 'crash') throw new Error('crash');
            if ('spawn' in command) ctx.spawn('a', reader);
            if ('drain' in command) ctx.stopChild(command.drain, { drain: true });
            if ('stop' in command) ctx.stopChild(command.stop);
          },
        },
      }),
    );
    w.graph.start();
    await w.sim.settle();
    const child = w.graph.whereIs<number>('owner/a') as ActorRef<number>;
    for (const message of [1, 2]) await child.cast(message);
    return { w, done, ref, child };
  }

  test('has it work off what it has; then its id is free', async () => {
    const { w, done, ref, child } = await owned();
    await ref.cast({ drain: 'a' });
    await ref.cast({ drain: 'a' }); // once more: nothing changes
    await w.sim.advance(10);
    await expect(child.cast(3)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    expect(w.graph.whereIs('owner/a')).toBe(child);
    await w.sim.advance(10);
    expect([done, w.graph.whereIs('owner/a'), letters(w)]).toEqual([[1, 2], undefined, []]);
    await ref.cast({ spawn: 1 });
    await w.sim.settle();
    await (w.graph.whereIs<number>('owner/a') as ActorRef<number>).cast(4);
    await w.sim.advance(10);
    expect(done).toEqual([1, 2, 4]);
    await stopCleanly(w);
  });

  test('a child that has completed makes way for another one of its id', async () => {
    const { w, done, ref, child } = await owned();
    void child.drain(); // not by its owner, which would have it taken away
    await w.sim.advance(1_000);
    expect([done, w.graph.whereIs('owner/a')]).toEqual([[1, 2], undefined]);
    await ref.cast({ spawn: 1 });
    await w.sim.settle();
    const next = w.graph.whereIs<number>('owner/a') as ActorRef<number>;
    await next.cast(3);
    await w.sim.advance(10);
    expect([done, next === child]).toEqual([[1, 2, 3], false]);
    expect(w.graph.snapshot().actors.filter(({ name }) => name === 'owner/a')).toHaveLength(1);
    await stopCleanly(w);
  });

  test('goes on in the next incarnation of its owner, if that spawns it', async () => {
    const { w, done, ref, child } = await owned();
    await ref.cast({ drain: 'a' });
    await w.sim.advance(5);
    await ref.cast('crash');
    await w.sim.advance(5);
    await expect(child.cast(3)).rejects.toMatchObject({ code: 'ERR_CHANNEL_CLOSED' });
    await w.sim.advance(1_000);
    expect([done, w.graph.whereIs('owner/a'), letters(w)]).toEqual([[1, 2], undefined, ['crash showstopper']]);
    await stopCleanly(w);
  });

  test('comes to nothing if the next incarnation does not spawn it, or it is stopped', async () => {
    for (const last of ['crash', { stop: 'a' }] as const) {
      const { w, done, ref } = await owned([0]);
      await ref.cast({ drain: 'a' });
      await w.sim.advance(5);
      await ref.cast(last);
      await w.sim.advance(1_000);
      expect([done, w.graph.whereIs('owner/a')]).toEqual([[1], undefined]);
      expect(letters(w)).toEqual(last === 'crash' ? ['crash showstopper', '2 stopped'] : ['2 stopped']);
      await stopCleanly(w);
    }
  });

  test('does not concern another child that has its id by then', async () => {
    const { w, done, ref } = await owned([0, 1], true);
    await ref.cast({ drain: 'a' });
    await w.sim.advance(5);
    await ref.cast('crash');
    await w.sim.advance(1_000);
    const child = w.graph.whereIs<number>('owner/a') as ActorRef<number>;
    await child.cast(3);
    await w.sim.advance(10);
    expect([done, letters(w)]).toEqual([
      [1, 3],
      ['crash showstopper', '2 stopped'],
    ]);
    await stopCleanly(w);
  });

  test('is refused for what has no inputs, and takes no other options', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const said: unknown[] = [];
    const idleSource = defineActor({ source: () => 'done' as const });
    const boss = defineActor({
      inputs: { mailbox: input<object>({ capacity: 8 }) },
      supervises: {},
      onStart: (ctx) => void ctx.spawn('tick', idleSource as never),
      on: {
        mailbox(options, ctx) {
          try {
            ctx.stopChild('tick', options);
          } catch (error) {
            said.push((error as Error).message);
            throw error;
          }
        },
      },
    });
    const ref = w.graph.spawn('boss', boss);
    w.graph.start();
    await ref.cast({ drain: 'yes' });
    await ref.cast({ gently: true });
    await ref.cast({ drain: true });
    await w.sim.settle();
    expect(said).toHaveLength(3);
    expect(said[0]).toContain('ctx.stopChild: drain must be true or false');
    expect(said[1]).toContain('gently');
    expect(said[2]).toContain('has no inputs');
    await stopCleanly(w);
  });
});

test('a graph that is stopped before it was started tells whoever waits for the end of an actor', async () => {
  const w = world();
  const ref = w.graph.spawn('a', plain);
  const ends: string[] = [];
  ref.watch(({ exit }) => ends.push(exit.kind));
  const drained = watch(ref.drain());
  await w.sim.settle();
  expect(drained.state).toBe('pending');
  await stopCleanly(w);
  await w.sim.settle();
  expect([drained.state, ends]).toEqual(['resolved', ['shutdown']]);
});

test('a handle of graph.actor has both', async () => {
  const w = world();
  const handle = w.graph.actor('a', plain, {});
  w.graph.start();
  await handle.stop();
  await handle.drain();
  await stopCleanly(w);
});
