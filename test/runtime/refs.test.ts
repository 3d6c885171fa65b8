/** Refs: casts from outside, outputs that are wired to a ref, and refs that came in a message. */
import { type ActorRef, args, defineActor, input, output, outputBundle, type ReplyPort } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, stopCleanly, watch, world } from './world.ts';

interface Note {
  readonly text: string;
}

/** Keeps what it gets. */
const keeper = defineActor({
  inputs: { mailbox: input<Note>({ capacity: 2 }) },
  state: () => ({ texts: [] as string[] }),
  on: {
    mailbox({ text }, { state }) {
      if (text === 'fail') throw new Error('planned');
      state.texts.push(text);
    },
  },
});

interface Letter {
  readonly to: ActorRef<Note>;
  readonly texts: readonly string[];
}

/** Sends notes to refs that it gets to know by its messages. */
const postman = defineActor({
  inputs: { mailbox: input<Letter>({ capacity: 4 }) },
  state: () => ({ letters: 0 }),
  on: {
    mailbox({ to, texts }, ctx) {
      const target = ctx.to(to);
      for (const text of texts) target.cast({ text });
      ctx.state.letters += 1;
    },
  },
});

const note = (text: string): Note => ({ text });

describe('from outside', () => {
  test('cast resolves when the message is in the mailbox, and waits for room', async () => {
    const w = world();
    const ref = w.graph.spawn('keeper', keeper);
    await ref.cast(note('a'));
    expect(ref.tryCast(note('b'))).toEqual({ ok: true });
    expect(ref.tryCast(note('c'))).toEqual({ ok: false, reason: 'full', message: note('c') });
    const third = watch(ref.cast(note('c')));
    await w.sim.settle();
    expect(third.state).toBe('pending');
    w.graph.start();
    await w.sim.settle();
    expect(third.state).toBe('resolved');
    await stopCleanly(w);
    expect(actorOf(w.graph, 'keeper').state).toEqual({ texts: ['a', 'b', 'c'] });
  });

  test('an abort leaves nothing in the mailbox', async () => {
    const w = world();
    const ref = w.graph.spawn('keeper', keeper);
    for (const text of ['a', 'b']) await ref.cast(note(text));
    const controller = new AbortController();
    const third = watch(ref.cast(note('c'), { signal: controller.signal }));
    controller.abort(new Error('enough'));
    w.graph.start();
    await stopCleanly(w);
    expect(third).toMatchObject({ state: 'rejected', error: new Error('enough') });
    expect(actorOf(w.graph, 'keeper').state).toEqual({ texts: ['a', 'b'] });
  });

  test('D8 a cast to an actor that is gone comes back with its message', async () => {
    const w = world();
    const ref = w.graph.spawn('keeper', keeper, {}, { restart: 'temporary' });
    const other = w.graph.spawn('other', keeper);
    w.graph.start();
    await ref.cast(note('fail'));
    await w.sim.settle();
    const late = watch(ref.cast(note('late')));
    await w.sim.settle();
    expect(late).toMatchObject({ state: 'rejected', code: 'ERR_CHANNEL_CLOSED' });
    expect(late.error).toMatchObject({ details: { undelivered: note('late') } });
    expect(ref.tryCast(note('late'))).toEqual({ ok: false, reason: 'closed', message: note('late') });
    await stopCleanly(w);
    const refused = watch(other.cast(note('later')));
    await w.sim.settle();
    expect(refused.code).toBe('ERR_STOPPING');
  });

  test('closing the mailbox drains the actor', async () => {
    const w = world();
    const ref = w.graph.spawn('keeper', keeper);
    await ref.cast(note('a'));
    ref.input('mailbox').close();
    w.graph.start();
    await w.sim.settle();
    expect(actorOf(w.graph, 'keeper')).toMatchObject({ state: { texts: ['a'] }, exit: 'completed' });
    await w.sim.runUntil(w.graph.stopped());
  });

  test('an actor without a mailbox has a ref that takes nothing', () => {
    const { graph } = world();
    const source = graph.spawn('source', defineActor({ source: () => 'done' }));
    expect(() => source.cast(undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_WIRING' }));
  });

  test('inside a turn the interfaces for code outside are refused', async () => {
    const w = world();
    const ref = w.graph.spawn('keeper', keeper);
    const codes: unknown[] = [];
    const meddler = defineActor({
      source() {
        for (const call of [() => void ref.cast(note('x')), () => ref.tryCast(note('x'))]) {
          try {
            call();
          } catch (error) {
            codes.push((error as { code?: unknown }).code);
          }
        }
        return 'done';
      },
    });
    w.graph.actor('meddler', meddler, {});
    w.graph.start();
    await w.sim.settle();
    await stopCleanly(w);
    expect(codes).toEqual(['ERR_OUTSIDE_API_IN_TURN', 'ERR_OUTSIDE_API_IN_TURN']);
  });
});

describe('an output that is wired to a ref', () => {
  const writer = defineActor({
    outputs: { out: output<Note>() },
    state: () => ({ next: 0 }),
    source({ state, outputs }) {
      outputs.out.send(note(String(state.next)));
      state.next += 1;
      return state.next === 5 ? 'done' : 'more';
    },
  });

  test('casts to its mailbox, and is a sender of it', async () => {
    const w = world();
    const ref = w.graph.spawn('keeper', keeper);
    w.graph.actor('writer', writer, { out: ref });
    w.graph.start();
    await w.sim.settle();
    expect(actorOf(w.graph, 'keeper').state).toEqual({ texts: ['0', '1', '2', '3', '4'] });
    expect(channelOf(w.graph, 'keeper.mailbox')).toMatchObject({ producers: ['writer'], closed: false });
    await stopCleanly(w);
  });

  test('a bundle may be wired to several', async () => {
    const w = world();
    const refs = [0, 1].map((index) => w.graph.spawn(`keeper ${index}`, keeper));
    const spreader = defineActor({
      outputs: { out: outputBundle<Note>() },
      source({ outputs }) {
        outputs.out.sendMany(['a', 'b', 'c', 'd'].map(note));
        return 'done';
      },
    });
    w.graph.actor('spreader', spreader, { out: refs });
    w.graph.start();
    await w.sim.settle();
    await stopCleanly(w);
    expect(refs.map(({ name }) => actorOf(w.graph, name).state)).toEqual([
      { texts: ['a', 'c'] },
      { texts: ['b', 'd'] },
    ]);
  });

  test('mistakes are told by name', () => {
    const { graph } = world();
    const other = world().graph.spawn('keeper', keeper);
    const bare = graph.spawn(
      'bare',
      defineActor({ inputs: { numbers: input<number>({ capacity: 1 }) }, on: { numbers() {} } }),
    );
    const wired = (out: unknown) => () => graph.actor('writer', writer, { out } as never);
    expect(wired(other)).toThrow('"out" is wired to a channel of another graph');
    expect(wired(bare)).toThrow('actor "bare" has no mailbox');
    const reader = defineActor({ inputs: { notes: input<Note>() }, on: { notes() {} } });
    const ref = graph.spawn('keeper', keeper);
    expect(() => graph.actor('reader', reader, { notes: ref } as never)).toThrow('"notes" is wired to actor "keeper"');
  });
});

describe('a ref that came in a message', () => {
  test('is cast to as part of the turn, and waits for room', async () => {
    const w = world();
    const to = w.graph.spawn('keeper', keeper);
    const ref = w.graph.spawn('postman', postman);
    w.graph.start();
    for (const texts of [['a', 'b'], ['c'], ['d', 'e']]) await ref.cast({ to, texts });
    await w.sim.settle();
    await stopCleanly(w);
    expect(actorOf(w.graph, 'keeper').state).toEqual({ texts: ['a', 'b', 'c', 'd', 'e'] });
    expect(channelOf(w.graph, 'keeper.mailbox').producers).toEqual([]);
  });

  test('nothing is sent by a turn that fails', async () => {
    const w = world();
    const to = w.graph.spawn('keeper', keeper);
    const failing = defineActor({
      inputs: { mailbox: input<ActorRef<Note>>({ capacity: 1 }) },
      on: {
        mailbox(ref, ctx) {
          ctx.to(ref).cast(note(`attempt ${ctx.attempt}`));
          if (ctx.attempt < 3) throw new Error('planned');
        },
      },
    });
    const ref = w.graph.spawn('failing', failing);
    w.graph.start();
    await ref.cast(to);
    await w.sim.advance(1_000);
    await stopCleanly(w);
    expect(actorOf(w.graph, 'keeper').state).toEqual({ texts: ['attempt 3'] });
  });

  test('D8 a cast to an actor that is gone is a dead letter of the same commit, and no failure', async () => {
    const w = world();
    const to = w.graph.spawn('keeper', keeper, {}, { restart: 'temporary', showstopperAfter: 1 });
    const ref = w.graph.spawn('postman', postman);
    w.graph.start();
    await to.cast(note('fail'));
    await w.sim.settle();
    await ref.cast({ to, texts: ['lost'] });
    await w.sim.settle();
    expect(w.graph.deadLetters.list({ reason: 'no-consumer' })).toMatchObject([
      { payload: note('lost'), channel: 'keeper.mailbox', text: 'nobody reads channel "keeper.mailbox" any more' },
    ]);
    expect(actorOf(w.graph, 'postman')).toMatchObject({ state: { letters: 1 }, failures: 0 });
    await stopCleanly(w);
  });

  test('a cast to a mailbox that has closed is one too, also of a commit that waited for room there', async () => {
    const w = world();
    let release = (): void => undefined;
    const slow = defineActor({
      inputs: { mailbox: input<Note>({ capacity: 2 }) },
      on: { mailbox: () => new Promise<void>((resolve) => (release = resolve)) },
    });
    const to = w.graph.spawn('slow', slow);
    const ref = w.graph.spawn('postman', postman);
    w.graph.start();
    await ref.cast({ to, texts: ['a', 'b'] });
    await ref.cast({ to, texts: ['c'] });
    await w.sim.settle();
    expect(actorOf(w.graph, 'postman').phase).toBe('committing');
    to.input('mailbox').close();
    await w.sim.settle();
    expect(actorOf(w.graph, 'postman')).toMatchObject({ phase: 'idle', state: { letters: 2 } });
    expect(w.graph.deadLetters.list()).toMatchObject([
      {
        payload: note('c'),
        reason: 'no-consumer',
        text: 'channel "slow.mailbox" is closed: its reader takes nothing more',
      },
    ]);
    release();
    await w.sim.settle();
    release();
    await stopCleanly(w);
  });

  test('more in one turn than the mailbox can hold fails the turn', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const to = w.graph.spawn('keeper', keeper);
    const ref = w.graph.spawn('postman', postman);
    w.graph.start();
    await ref.cast({ to, texts: ['a', 'b', 'c'] });
    await w.sim.settle();
    expect(w.graph.deadLetters.list()).toMatchObject([{ error: { code: 'ERR_OVER_CAPACITY' } }]);
    await stopCleanly(w);
  });

  test('what is no ref of this graph fails the turn', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    const ref = w.graph.spawn('postman', postman);
    const elsewhere = world().graph.spawn('keeper', keeper);
    w.graph.start();
    for (const to of [elsewhere, {}, null] as ActorRef<Note>[]) await ref.cast({ to, texts: ['a'] });
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ error }) => error?.code)).toEqual(Array(3).fill('ERR_INVALID_OPTION'));
    await stopCleanly(w);
  });

  test('order is that of the sends, through an output that is wired there and by the ref', async () => {
    const w = world();
    const to = w.graph.spawn('keeper', keeper);
    const mixed = defineActor({
      inputs: { mailbox: input<ActorRef<Note>>({ capacity: 4 }) },
      outputs: { out: output<Note>() },
      state: () => ({ next: 0 }),
      on: {
        mailbox(ref, { outputs, to: cast, state }) {
          const first = note(String(state.next));
          const second = note(String(state.next + 1));
          if (state.next % 4 === 0) {
            outputs.out.send(first);
            cast(ref).cast(second);
          } else {
            cast(ref).cast(first);
            outputs.out.send(second);
          }
          state.next += 2;
          if (state.next === 8) outputs.out.close();
        },
      },
    });
    const ref = w.graph.spawn('mixed', mixed, { out: to });
    w.graph.start();
    for (let round = 0; round < 5; round += 1) {
      await ref.cast(to);
      await w.sim.settle();
    }
    await stopCleanly(w);
    // The last one sends by a closed output, and fails; before that, everything came in order.
    expect((actorOf(w.graph, 'keeper').state as { texts: string[] }).texts).toEqual([...'01234567'].map(String));
    expect(w.graph.deadLetters.list()).toMatchObject([{ error: { code: 'ERR_CHANNEL_CLOSED' } }]);
  });

  test('many refs in one turn all get theirs, and leave nothing behind', async () => {
    const w = world();
    const all = Array.from({ length: 50 }, (_, index) => w.graph.spawn(`keeper ${index}`, keeper));
    const caller = defineActor({
      inputs: { mailbox: input<readonly ActorRef<Note>[]>({ capacity: 1 }) },
      on: {
        mailbox(refs, ctx) {
          for (const ref of refs) ctx.to(ref).cast(note(ctx.messageId ?? ''));
          for (const ref of refs) ctx.to(ref).cast(note('again'));
        },
      },
    });
    const ref = w.graph.spawn('caller', caller);
    w.graph.start();
    for (const some of [all, all.slice(0, 1), all]) {
      await ref.cast(some);
      await w.sim.settle();
    }
    const { turn } = w.graph.backstage.cells.get('caller')!.actor!;
    expect(turn.outputs.length).toBeLessThanOrEqual(8);
    for (const { name } of all) expect(channelOf(w.graph, `${name}.mailbox`).taken).toBeGreaterThanOrEqual(4);
    await stopCleanly(w);
  });

  test('a cycle of full mailboxes commits as a group, and one that never can is a deadlock', async () => {
    const w = world({ actorDefaults: { showstopperAfter: 1 } });
    interface Ball {
      readonly partner: ActorRef<Ball>;
      readonly copies: number;
    }
    const player = defineActor({
      inputs: { mailbox: input<Ball>({ capacity: 2 }) },
      state: () => ({ hits: 0 }),
      on: {
        mailbox({ partner, copies }, ctx) {
          ctx.state.hits += 1;
          for (let copy = 0; copy < copies && ctx.state.hits <= 100; copy += 1) {
            ctx.to(partner).cast({ partner: ctx.self, copies });
          }
        },
      },
    });
    const a = w.graph.spawn('a', player);
    const b = w.graph.spawn('b', player);
    for (let ball = 0; ball < 2; ball += 1) {
      await a.cast({ partner: b, copies: 1 });
      await b.cast({ partner: a, copies: 1 });
    }
    w.graph.start();
    await w.sim.settle();
    expect(actorOf(w.graph, 'a').state).toEqual({ hits: expect.any(Number) as number });
    expect(channelOf(w.graph, 'a.mailbox').inFlight).toBe(0);
    expect(w.graph.deadLetters.total).toBe(0);
    await stopCleanly(w);
  });

  test('ctx.self is the ref of the actor itself, in messages and in state', async () => {
    const w = world();
    const selves = defineActor({
      inputs: { mailbox: input<{ readonly left: number }>({ capacity: 1 }) },
      state: () => ({ seen: 0, self: null as ActorRef<{ readonly left: number }> | null }),
      on: {
        mailbox({ left }, ctx) {
          ctx.state.seen += 1;
          ctx.state.self = ctx.self;
          if (left > 0) ctx.to(ctx.self).cast({ left: left - 1 });
        },
      },
    });
    const ref = w.graph.spawn('selves', selves);
    w.graph.start();
    await ref.cast({ left: 5 });
    await w.sim.settle();
    expect(actorOf(w.graph, 'selves').state).toEqual({ seen: 6, self: ref });
    await stopCleanly(w);
  });

  test('casts reach an actor that sleeps, and one that hibernates', async () => {
    const w = world();
    w.graph.setAwakeMax(1, 1);
    const all = Array.from({ length: 20 }, (_, index) => w.graph.spawn(`keeper ${index}`, keeper));
    const ref = w.graph.spawn('postman', postman);
    w.graph.start();
    for (let round = 0; round < 3; round += 1) {
      for (const to of all) {
        await ref.cast({ to, texts: [String(round)] });
        await w.sim.settle();
      }
    }
    await stopCleanly(w);
    for (const { name } of all) expect(actorOf(w.graph, name).state).toEqual({ texts: ['0', '1', '2'] });
  });

  test('its messages are kept over a restart of the actor, and the ref is the same', async () => {
    const w = world();
    const to = w.graph.spawn('keeper', keeper, {}, { showstopperAfter: 1 });
    const ref = w.graph.spawn('postman', postman);
    w.graph.start();
    await ref.cast({ to, texts: ['a', 'fail'] });
    await ref.cast({ to, texts: ['b', 'c'] });
    await w.sim.advance(1_000);
    await stopCleanly(w);
    expect(actorOf(w.graph, 'keeper')).toMatchObject({ state: { texts: ['a', 'b', 'c'] }, regeneration: 1 });
  });
});

describe('a stop of the graph', () => {
  interface Item {
    readonly item: number;
    readonly reply?: ReplyPort<number>;
  }
  const store = defineActor({
    inputs: { mailbox: input<Item>({ capacity: 8 }) },
    state: () => ({ items: [] as number[] }),
    on: {
      mailbox({ item, reply: port }, { state, reply }) {
        state.items.push(item);
        if (port !== undefined) reply(port, item);
      },
    },
  });
  const using = args<{ readonly store: ActorRef<Item> }>();
  const importers = {
    'casts to it': defineActor({
      args: using,
      inputs: { items: input<number>() },
      on: { items: (item, ctx) => ctx.to(ctx.args.store).cast({ item }) },
    }),
    'casts to it when it has waited for something': defineActor({
      args: using,
      inputs: { items: input<number>() },
      on: {
        async items(item, ctx) {
          await ctx.effect('look it up', () => Promise.resolve());
          ctx.to(ctx.args.store).cast({ item });
        },
      },
    }),
    'calls it': defineActor({
      args: using,
      inputs: { items: input<number>() },
      on: {
        async items(item, ctx) {
          await ctx.call(ctx.args.store, (reply) => ({ item, reply }), { timeoutMs: 1_000 });
        },
      },
    }),
    'casts to it at its end': defineActor({
      args: using,
      inputs: { items: input<number>() },
      state: () => ({ items: [] as number[] }),
      on: { items: (item, { state }) => void state.items.push(item) },
      onDrained({ state, to, args: { store } }) {
        for (const item of state.items) to(store).cast({ item });
      },
    }),
  };

  test.each(Object.entries(importers))(
    'leaves a mailbox open for an actor without one that %s, until that has worked off what it has',
    async (_what, importer) => {
      const w = world();
      const ref = w.graph.spawn('store', store);
      const items = w.graph.channel<number>('items', { capacity: 8 });
      w.graph.actor('importer', importer, { items }, { args: { store: ref } });
      w.graph.start();
      for (const item of [1, 2, 3, 4, 5]) await items.send(item);
      await stopCleanly(w);
      expect(actorOf(w.graph, 'store').state).toEqual({ items: [1, 2, 3, 4, 5] });
      expect(w.graph.deadLetters.list()).toEqual([]);
    },
  );

  test('closes a mailbox whose end an actor without one waits for, between two turns or inside of one', async () => {
    const w = world();
    const numbers = ['next', 'pause'].map((name) => w.graph.channel<number>(name, { capacity: 1 }));
    const first = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      outputs: { numbers: outputBundle<number>() },
      on: { mailbox() {} },
    });
    w.graph.spawn('first', first, { numbers });
    const ends: string[] = [];
    for (const verb of ['next', 'pause'] as const) {
      const patient = defineActor({
        inputs: { numbers: input<number>() },
        async run({ inputs, next, pause, after }) {
          await next(after(0));
          ends.push((await { next, pause }[verb](inputs.numbers.avail())).kind);
        },
      });
      w.graph.actor(verb, patient, { numbers: numbers[verb === 'next' ? 0 : 1]! });
    }
    w.graph.start();
    await w.sim.advance(1);
    await stopCleanly(w);
    expect(ends).toEqual(['drained', 'drained']);
  });
});
