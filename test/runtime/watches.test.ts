/** Monitors: who watches an actor hears of its end, once. */
import {
  type ActorOptions,
  type ActorRef,
  defineActor,
  type Down,
  input,
  type Reply,
  type ReplyPort,
  type WatchRefOptions,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, channelOf, stopCleanly, type World, world } from './world.ts';

type Word = 'crash' | 'exit' | 'work' | 'hold';

/** Does what it is told: of its kind, what the cases of the catalogue call a fixture. */
const worker = defineActor({
  inputs: { mailbox: input<Word>({ capacity: 8 }) },
  on: {
    mailbox(word, { exit }) {
      if (word === 'crash') throw new Error('crash');
      if (word === 'exit') exit();
    },
  },
});

interface Orders {
  readonly kind: 'watch' | 'unwatch';
  readonly ref: ActorRef<never>;
  readonly options?: WatchRefOptions;
  readonly fails?: boolean;
}

/** @param seen - What it is told: a state cannot keep the error of a crash. */
const watcher = (seen: Down[]) =>
  defineActor({
    inputs: { mailbox: input<Orders | Down>({ capacity: 2 }) },
    on: {
      mailbox(message, { watch, unwatch }) {
        if (message.kind === 'down') seen.push(message);
        else if (message.kind === 'watch') watch(message.ref, { to: 'mailbox', ...message.options });
        else unwatch(message.ref);
        if (message.kind !== 'down' && message.fails === true) throw new Error('planned');
      },
    },
  });

const ONCE: ActorOptions = { restart: 'temporary', showstopperAfter: 1 };

function watched(options: ActorOptions = ONCE, watching: ActorOptions = { showstopperAfter: 1 }) {
  const w = world({ checks: true });
  const target = w.graph.spawn('target', worker, {}, options);
  const downs: Down[] = [];
  const own = w.graph.spawn('watcher', watcher(downs), {}, watching);
  w.graph.start();
  const order = async (message: Orders): Promise<void> => {
    await own.cast(message);
    await w.sim.advance(0);
  };
  const tell = async (word: Word): Promise<void> => {
    await target.cast(word);
    await w.sim.advance(0);
  };
  const ends = () => downs.map(({ actor, regeneration, exit, missed }) => [actor, regeneration, exit.kind, missed]);
  return { ...w, target, own, order, tell, ends, downs };
}

/** How an actor may end for good, and how that is told. */
const ENDS = [
  ['exits', (w: ReturnType<typeof watched>) => w.tell('exit'), 'normal'],
  ['crashes', (w: ReturnType<typeof watched>) => w.tell('crash'), 'crashed'],
  [
    'is killed',
    async (w: ReturnType<typeof watched>) => {
      await w.tell('work'); // or there would be no incarnation yet
      w.target.kill();
      await w.sim.advance(0);
    },
    'killed',
  ],
] as const;

describe('an actor that watches another one', () => {
  test.each(ENDS)('E1: is told once when that %s', async (_, end, kind) => {
    const w = watched();
    await w.order({ kind: 'watch', ref: w.target });
    await w.order({ kind: 'watch', ref: w.target }); // again: it is one watch
    expect(w.ends()).toEqual([]);
    await end(w);
    expect(w.ends()).toEqual([['target', 0, kind, 0]]);
    const [down] = w.downs;
    expect(down?.ref).toBe(w.target);
    expect(Object.isFrozen(down)).toBe(true);
    await stopCleanly(w);
  });

  test('E1: gets the error of a crash, and does not fail itself', async () => {
    const w = watched();
    await w.order({ kind: 'watch', ref: w.target });
    await w.tell('crash');
    expect(w.downs[0]?.exit).toMatchObject({ kind: 'crashed', error: { message: 'crash' } });
    expect(actorOf(w.graph, 'watcher').failures).toBe(0);
    await stopCleanly(w);
  });

  test('E2: is told at once of one that has ended already', async () => {
    const w = watched();
    await w.tell('exit');
    await w.order({ kind: 'watch', ref: w.target });
    await w.order({ kind: 'watch', ref: w.target, options: { incarnations: true } });
    expect(w.ends()).toEqual([
      ['target', 0, 'gone', 0],
      ['target', 0, 'gone', 0],
    ]);
    await stopCleanly(w);
  });

  test('E3: hears nothing after unwatch, not even what waits in its input or for room there', async () => {
    const w = world();
    const targets = ['a', 'b', 'c'].map((name) => w.graph.spawn(name, worker, {}, ONCE));
    const seen: string[] = [];
    const busy = defineActor({
      inputs: { downs: input<Down>({ capacity: 1 }), go: input<'watch' | 'unwatch'>({ capacity: 2 }) },
      on: {
        downs: ({ actor }) => void seen.push(actor),
        async go(word, { watch, unwatch, effect }) {
          if (word === 'watch') for (const ref of targets) watch(ref, { to: 'downs' });
          else {
            await effect('work', () => w.sim.clock.sleep(10)); // meanwhile all of them end
            for (const ref of targets.slice(0, 2)) unwatch(ref);
          }
        },
      },
    });
    const own = w.graph.actor('busy', busy, {});
    w.graph.start();
    for (const word of ['watch', 'unwatch'] as const) {
      await own.input('go').send(word);
      await w.sim.advance(0);
    }
    for (const target of targets) await target.cast('exit');
    await w.sim.advance(5);
    expect(channelOf(w.graph, 'busy.downs')).toMatchObject({ inFlight: 1, waitingForRoom: 2 });
    await w.sim.advance(10);
    expect(channelOf(w.graph, 'busy.downs')).toMatchObject({ inFlight: 0, waitingForRoom: 0 });
    expect(seen).toEqual(['c']);
    await stopCleanly(w);
  });

  test('is not told of restarts, but of the end after the last one', async () => {
    const w = watched({ restart: 'transient', showstopperAfter: 1 });
    await w.order({ kind: 'watch', ref: w.target });
    await w.tell('crash');
    expect(w.ends()).toEqual([]);
    await w.tell('exit');
    expect(w.ends()).toEqual([['target', 1, 'normal', 0]]);
    await stopCleanly(w);
  });

  test('is told of each incarnation if it asks for that, and of the last one once', async () => {
    const w = watched({ restart: 'transient', showstopperAfter: 1 });
    await w.order({ kind: 'watch', ref: w.target, options: { incarnations: true } });
    await w.tell('crash');
    await w.tell('crash');
    await w.tell('exit');
    expect(w.ends()).toEqual([
      ['target', 0, 'crashed', 0],
      ['target', 1, 'crashed', 0],
      ['target', 2, 'normal', 0],
    ]);
    await stopCleanly(w);
  });

  test('sets up nothing in a turn that fails, and ends nothing', async () => {
    const w = watched();
    await w.order({ kind: 'watch', ref: w.target, fails: true });
    await w.tell('exit');
    expect(w.ends()).toEqual([]);
    await stopCleanly(w);
    const other = watched();
    await other.order({ kind: 'watch', ref: other.target });
    await other.order({ kind: 'unwatch', ref: other.target, fails: true });
    await other.tell('exit');
    expect(other.ends()).toEqual([['target', 0, 'normal', 0]]);
    await stopCleanly(other);
  });

  test('goes on watching over its own restarts, unless they reset it', async () => {
    for (const [stateOnRestart, expected] of [
      ['preserve', [['target', 0, 'normal', 0]]],
      ['reset', []],
    ] as const) {
      const w = watched(ONCE, { stateOnRestart, showstopperAfter: 1 });
      await w.order({ kind: 'watch', ref: w.target });
      w.own.kill();
      await w.sim.advance(0);
      await w.tell('exit');
      expect(w.ends()).toEqual(expected);
      await stopCleanly(w);
    }
  });

  test('watches nobody any more when it begins fresh with its supervisor', async () => {
    const w = world();
    const downs: Down[] = [];
    const target = w.graph.spawn('target', worker, {}, ONCE);
    const { own, sibling } = w.graph.supervisor('team', { maxRestarts: 0 }, (builder) => ({
      own: builder.spawn('watcher', watcher(downs)),
      sibling: builder.spawn('sibling', worker, {}, { showstopperAfter: 1 }),
    }));
    w.graph.start();
    await own.cast({ kind: 'watch', ref: target });
    await w.sim.settle();
    await sibling.cast('crash');
    await w.sim.advance(60_000);
    expect(actorOf(w.graph, 'team/watcher').regeneration).toBe(1);
    await target.cast('exit');
    await w.sim.settle();
    expect(downs).toEqual([]);
    await stopCleanly(w);
  });

  test('watches nobody any more when it has ended itself', async () => {
    const w = watched(ONCE, { restart: 'temporary' });
    await w.order({ kind: 'watch', ref: w.target });
    w.own.kill();
    await w.sim.advance(0);
    await w.tell('exit');
    expect(w.graph.deadLetters.list()).toEqual([]);
    await stopCleanly(w);
  });

  test('is told of one that has ended, also if its input was closed when it watched before', async () => {
    const w = world();
    const gone = w.graph.spawn('gone', worker, {}, ONCE);
    const silent = w.graph.spawn(
      'silent',
      defineActor({
        inputs: { mailbox: input<ReplyPort<number>>({ capacity: 1 }) },
        state: () => ({ asking: [] as ReplyPort<number>[] }),
        on: { mailbox: (port, { state }) => void state.asking.push(port) },
      }),
    );
    const seen: string[] = [];
    const late = defineActor({
      inputs: {
        mailbox: input<'watch' | 'ask'>({ capacity: 1 }),
        news: input<Down | Reply<number>>({ capacity: 2 }),
      },
      on: {
        mailbox(word, { watch, request }) {
          if (word === 'watch') watch(gone, { to: 'news' });
          else request(silent, (reply: ReplyPort<number>) => reply, { replyTo: 'news', timeoutMs: 1_000 });
        },
        news: (message) => void ('kind' in message && seen.push(message.exit.kind)),
      },
    });
    const ref = w.graph.spawn('late', late);
    w.graph.start();
    await gone.cast('exit');
    ref.input('news').close();
    for (const word of ['watch', 'ask', 'watch'] as const) {
      await ref.cast(word); // the answer that is to come opens the input again
      await w.sim.settle();
    }
    expect(seen).toEqual(['gone']);
    await stopCleanly(w);
  });

  test('is told in the order of the ends, and what it cannot take at once waits for room', async () => {
    const w = world();
    const targets = Array.from({ length: 6 }, (_, n) => w.graph.spawn(`target ${n}`, worker, {}, ONCE));
    const slow = defineActor({
      inputs: { downs: input<Down>({ capacity: 1 }), go: input<string>({ capacity: 1 }) },
      state: () => ({ seen: [] as string[] }),
      on: {
        async downs({ actor }, { state, effect }) {
          await effect('work', () => w.sim.clock.sleep(5));
          state.seen.push(actor);
        },
        go(_, { watch }) {
          for (const ref of targets) watch(ref, { to: 'downs' });
        },
      },
    });
    const own = w.graph.actor('slow', slow, {});
    w.graph.start();
    await own.input('go').send('go');
    await w.sim.advance(0);
    for (const target of targets) await target.cast('exit');
    await w.sim.advance(0);
    expect(channelOf(w.graph, 'slow.downs')).toMatchObject({ inFlight: 1, waitingForRoom: 5 });
    await w.sim.advance(100);
    expect((actorOf(w.graph, 'slow').state as { seen: string[] }).seen).toEqual(targets.map(({ name }) => name));
    await stopCleanly(w);
  });

  test('that cannot take what it is told has one message waiting for each watch, which says how many it stands for', async () => {
    const w = world();
    const target = w.graph.spawn('target', worker, {}, { showstopperAfter: 1, maxRestarts: Infinity });
    const seen: unknown[] = [];
    const slow = defineActor({
      inputs: { downs: input<Down>({ capacity: 1 }), go: input<string>({ capacity: 1 }) },
      on: {
        async downs({ regeneration, missed }, { effect }) {
          seen.push([regeneration, missed]);
          await effect('work', () => w.sim.clock.sleep(100));
        },
        go: (_, { watch }) => watch(target, { to: 'downs', incarnations: true }),
      },
    });
    const own = w.graph.actor('slow', slow, {});
    w.graph.start();
    await own.input('go').send('go');
    await w.sim.advance(0);
    for (let n = 0; n < 5; n += 1) {
      await target.cast('crash');
      await w.sim.advance(1);
    }
    expect(channelOf(w.graph, 'slow.downs').waitingForRoom).toBe(1);
    await w.sim.advance(1_000);
    expect(seen).toEqual([
      [0, 0],
      [4, 3],
    ]);
    await stopCleanly(w);
  });

  test.each<[string, (w: ReturnType<typeof watched>) => Orders, RegExp]>([
    [
      'what is no ref',
      () => ({ kind: 'watch', ref: {} as ActorRef<never> }),
      /ctx\.watch: ref must be a ref of an actor of this graph/,
    ],
    [
      'an actor of another graph',
      () => ({ kind: 'watch', ref: watched().target }),
      /ctx\.watch: ref must be a ref of an actor of this graph/,
    ],
    [
      'an unknown input',
      (w) => ({ kind: 'watch', ref: w.target, options: { to: 'post' } as WatchRefOptions }),
      /ctx\.watch: to must be an input of actor "watcher" that is no bundle, got "post"/,
    ],
    [
      'an option of the wrong type',
      (w) => ({ kind: 'watch', ref: w.target, options: { incarnations: 1 } as unknown as WatchRefOptions }),
      /incarnations must be true or false/,
    ],
  ])('%s is refused', async (_, order, message) => {
    const w = watched();
    await w.order(order(w));
    expect(w.graph.deadLetters.list().map(({ error }) => error?.message)).toEqual([expect.stringMatching(message)]);
    await stopCleanly(w);
  });
});

describe('code outside that watches an actor', () => {
  test.each(ENDS)('E1: is told once when that %s', async (_, end, kind) => {
    const w = watched();
    const seen: Down[] = [];
    w.target.watch((down) => seen.push(down));
    w.target.watch((down) => seen.push(down)); // another watch
    await end(w);
    expect(seen.map(({ actor, exit, ref }) => [actor, exit.kind, ref === w.target])).toEqual([
      ['target', kind, true],
      ['target', kind, true],
    ]);
    await stopCleanly(w);
  });

  test('E2: is told soon of one that has ended, and not while it asks', async () => {
    const w = watched();
    await w.tell('exit');
    const seen: string[] = [];
    w.target.watch(({ exit }) => seen.push(exit.kind));
    expect(seen).toEqual([]);
    await w.sim.settle();
    expect(seen).toEqual(['gone']);
    await stopCleanly(w);
  });

  test('E3: hears nothing after it has ended its watch, not even of an end before that', async () => {
    const w = watched();
    const seen: string[] = [];
    const stop = w.target.watch(({ exit }) => seen.push(exit.kind));
    w.graph.subscribe(({ kind }) => void (kind === 'ended' && stop())); // called before it, in the same moment
    await w.tell('exit');
    expect(seen).toEqual([]);
    stop(); // again: nothing happens
    const late = w.target.watch(({ exit }) => seen.push(exit.kind));
    late();
    await w.sim.settle();
    expect(seen).toEqual([]);
    await stopCleanly(w);
  });

  test('is told of each incarnation if it asks for that; what it throws is logged', async () => {
    const w = watched({ restart: 'transient', showstopperAfter: 1 });
    const seen: unknown[] = [];
    w.target.watch(
      ({ regeneration, exit }) => {
        seen.push([regeneration, exit.kind]);
        throw new Error('a bad listener');
      },
      { incarnations: true },
    );
    await w.tell('crash');
    await w.tell('exit');
    expect(seen).toEqual([
      [0, 'crashed'],
      [1, 'normal'],
    ]);
    await stopCleanly(w);
  });

  test('is told of those that a stop of the graph ends', async () => {
    const w = watched();
    const seen: string[] = [];
    w.target.watch(({ exit }) => seen.push(exit.kind));
    await stopCleanly(w);
    expect(seen).toEqual(['completed']);
  });

  test('is refused inside a turn, and with what is no listener', async () => {
    const w = world();
    let code: unknown;
    const inner = defineActor({
      inputs: { mailbox: input<ActorRef<never>>({ capacity: 1 }) },
      on: {
        mailbox(ref) {
          try {
            ref.watch(() => undefined);
          } catch (error) {
            code = (error as { code?: string }).code;
          }
        },
      },
    });
    const ref = w.graph.spawn('inner', inner);
    w.graph.start();
    await ref.cast(ref);
    await w.sim.settle();
    expect(code).toBe('ERR_OUTSIDE_API_IN_TURN');
    expect(() => ref.watch('x' as never)).toThrow(/watch: listener must be a function/);
    expect(() => ref.watch(() => undefined, { incarnation: true } as never)).toThrow(/unknown option "incarnation"/);
    await stopCleanly(w);
  });
});

describe('the registry', () => {
  test('E7: knows actors by name from the start to their end', async () => {
    const w = world();
    const a = w.graph.spawn('a', worker, {}, ONCE);
    expect(w.graph.whereIs('a')).toBe(a);
    expect(w.graph.whereIs('b')).toBeUndefined();
    expect(() => w.graph.spawn('a', worker)).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE_NAME' }));
    w.graph.start();
    await w.graph.whereIs<Word>('a')?.cast('exit');
    await w.sim.settle();
    expect(w.graph.whereIs('a')).toBeUndefined();
    await stopCleanly(w);
  });

  test('E8: gives the same ref before, during and after a restart', async () => {
    const w = world();
    const a = w.graph.spawn('a', worker, {}, { showstopperAfter: 1, backoff: { minMs: 100, jitter: 0 } });
    w.graph.start();
    await a.cast('crash');
    const seen: unknown[] = [];
    w.graph.subscribe(({ kind }) => void (kind === 'actorStopped' && seen.push(w.graph.whereIs('a'))));
    await w.sim.advance(50);
    seen.push(w.graph.whereIs('a'));
    await w.sim.advance(100);
    seen.push(w.graph.whereIs('a'));
    expect(seen).toEqual([a, a, a]);
    await stopCleanly(w);
  });

  test('E9: has nothing of an actor that could not be placed, whose name is free again', () => {
    const w = world();
    const wrong = () => w.graph.spawn('a', worker, { mailbox: 7 } as never);
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_WIRING' }));
    expect(w.graph.whereIs('a')).toBeUndefined();
    expect(w.graph.spawn('a', worker)).toBe(w.graph.whereIs('a'));
  });
});

describe('process groups', () => {
  type Step = { readonly kind: 'join' | 'leave' | 'cast'; readonly fails?: boolean };
  const member = defineActor({
    inputs: { mailbox: input<Step | string>({ capacity: 8 }) },
    state: () => ({ seen: [] as string[] }),
    on: {
      mailbox(message, { state, join, leave, castAll, name }) {
        if (typeof message === 'string') {
          if (message === 'crash') throw new Error('crash');
          state.seen.push(message);
          return;
        }
        if (message.kind === 'join') join('desks');
        else if (message.kind === 'leave') leave('desks');
        else castAll('desks', `from ${name}`);
        if (message.fails === true) throw new Error('planned');
      },
    },
  });

  async function members() {
    const w: World = world();
    const refs = ['a', 'b', 'c'].map((name) => w.graph.spawn(name, member, {}, { showstopperAfter: 1 }));
    w.graph.start();
    const [a, b, c] = refs as [(typeof refs)[0], (typeof refs)[0], (typeof refs)[0]];
    const changes: string[] = [];
    const stop = w.graph.groups.watch('desks', ({ kind, scope, group, actor }) =>
      changes.push(`${actor} ${kind} ${scope}/${group}`),
    );
    const tell = async (ref: typeof a, message: Step | string): Promise<void> => {
      await ref.cast(message);
      await w.sim.advance(0);
    };
    const names = () => w.graph.groups.members('desks').map(({ name }) => name);
    const seenBy = (name: string) => (actorOf(w.graph, name).state as { seen: string[] }).seen;
    return { ...w, a, b, c, changes, stop, tell, names, seenBy, groups: w.graph.groups };
  }

  test('E10: are sets: joining twice is once, leaving twice is nothing', async () => {
    const w = await members();
    w.groups.join('desks', w.b, w.a, w.b);
    w.groups.join('desks', w.b);
    expect(w.names()).toEqual(['b', 'a']);
    expect(w.groups.names()).toEqual(['desks']);
    w.groups.leave('desks', w.b, w.b, w.c);
    expect(w.names()).toEqual(['a']);
    w.groups.leave('desks', w.a);
    w.groups.leave('nobody knows it', w.a);
    expect([w.names(), w.groups.names()]).toEqual([[], []]);
    await w.sim.settle();
    expect(w.changes).toEqual(['b joined', 'a joined', 'b left', 'a left'].map((change) => `${change} default/desks`));
    await stopCleanly(w);
  });

  test('E10: of different scopes have nothing to do with each other', async () => {
    const w = await members();
    w.groups.scope('north').join('desks', w.a);
    w.groups.join('desks', w.b);
    expect(w.groups.scope('north').members('desks')).toEqual([w.a]);
    expect([w.names(), w.groups.scope('south').members('desks')]).toEqual([['b'], []]);
    w.groups.scope('north').leave('desks', w.b);
    expect(w.names()).toEqual(['b']);
    await stopCleanly(w);
  });

  test('E10: joining and leaving in a turn is part of it', async () => {
    const w = await members();
    await w.tell(w.a, { kind: 'join', fails: true });
    expect(w.names()).toEqual([]);
    await w.tell(w.b, { kind: 'join' });
    await w.tell(w.b, { kind: 'join' });
    expect(w.names()).toEqual(['b']);
    await w.tell(w.b, { kind: 'leave' });
    expect([w.names(), w.changes]).toEqual([[], ['b joined default/desks', 'b left default/desks']]);
    await stopCleanly(w);
  });

  test('E11: listeners are told once of each that comes or goes, by its end as well', async () => {
    const w = await members();
    w.groups.join('desks', w.a, w.b);
    await w.tell(w.a, 'crash');
    w.groups.leave('desks', w.a);
    await w.sim.settle();
    const told = ['a joined', 'b joined', 'a left'].map((change) => `${change} default/desks`);
    expect(w.changes).toEqual(told);
    w.stop();
    w.stop();
    w.groups.leave('desks', w.b);
    await w.sim.settle();
    expect(w.changes).toEqual(told);
    await stopCleanly(w);
  });

  test('E12: a member that crashes leaves, and is in again only if it joins again', async () => {
    const w = await members();
    await w.tell(w.a, { kind: 'join' });
    await w.tell(w.a, 'crash');
    expect([actorOf(w.graph, 'a').regeneration, w.names()]).toEqual([1, []]);
    await w.tell(w.a, { kind: 'join' });
    expect(w.names()).toEqual(['a']);
    await stopCleanly(w);
  });

  test('an actor that has ended cannot join; one that ends with the graph leaves', async () => {
    const w = await members();
    const gone = w.graph.groups;
    w.groups.join('desks', w.a);
    await stopCleanly(w);
    expect(w.names()).toEqual([]);
    gone.join('desks', w.b);
    expect(w.names()).toEqual([]);
    expect(w.changes).toEqual(['a joined default/desks', 'a left default/desks']);
  });

  test('a message for all of them goes to each once, from outside and in a turn', async () => {
    const w = await members();
    w.groups.join('desks', w.a, w.b);
    const sent = await w.groups.castAll('desks', 'hello');
    expect(sent).toEqual([w.a, w.b].map((ref) => ({ ok: true, ref })));
    await w.tell(w.c, { kind: 'cast', fails: true });
    await w.tell(w.c, { kind: 'cast' });
    expect(['a', 'b', 'c'].map(w.seenBy)).toEqual([['hello', 'from c'], ['hello', 'from c'], []]);
    expect(await w.groups.castAll('nobody', 'hello')).toEqual([]);
    await stopCleanly(w);
    w.groups.join('desks', w.a);
  });

  test('a member that takes nothing from outside any more gives the message back', async () => {
    const w = await members();
    w.groups.join('desks', w.a);
    const controller = new AbortController();
    controller.abort(new Error('too late'));
    const [cast] = await w.groups.castAll('desks', 'hello', { signal: controller.signal });
    expect(cast).toMatchObject({ ok: false, ref: w.a, error: { message: 'too late' } });
    await stopCleanly(w);
  });

  test('names and refs are checked, and turns have verbs of their own', async () => {
    const w = await members();
    expect(() => w.groups.join('', w.a)).toThrow(/groups\.join: group/);
    expect(() => w.groups.join('desks', {} as never)).toThrow(
      /groups\.join: ref must be a ref of an actor of this graph/,
    );
    expect(() => w.groups.leave('desks', undefined as never)).toThrow(/groups\.leave: ref/);
    expect(() => w.groups.watch('desks', 7 as never)).toThrow(/groups\.watch: listener must be a function/);
    expect(() => w.groups.scope('')).toThrow(/groups\.scope: name/);
    await stopCleanly(w);
  });
});
