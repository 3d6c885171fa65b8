/** Timers of actors: set and cancelled in turns, firing as messages. */
import {
  type ActorOptions,
  type Channel,
  defineActor,
  type GraphOptions,
  type HandlerContext,
  input,
  type InputSpec,
  type None,
  type OwnInputSpec,
  type TimerFiring,
} from 'holdfast';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { actorOf, channelOf, stopCleanly, type World, world } from './world.ts';

type Inputs = { readonly mailbox: OwnInputSpec<string>; readonly orders: InputSpec<Order> };
type Context = HandlerContext<None, { turns: number }, undefined, None, Inputs>;
/** What an actor is told to do in one turn. */
type Order = (ctx: Context) => Promise<void> | void;

/** What came of a timer, and when. */
interface Beat {
  readonly atMs: number;
  readonly message: string;
  readonly firing: TimerFiring | undefined;
}

interface TimerWorld extends World {
  readonly orders: Channel<Order>;
  readonly beats: Beat[];
  /** Gives the actor an order, and lets everything settle. */
  readonly give: (order: Order) => Promise<void>;
}

interface Options {
  readonly capacity?: number;
  readonly actor?: ActorOptions;
  readonly graph?: Omit<GraphOptions, 'name' | 'ports'>;
  /** Called with each message of the mailbox. */
  readonly mailbox?: (message: string, ctx: Context) => Promise<void> | void;
}

function timerWorld({ capacity = 8, actor = {}, graph = {}, mailbox }: Options = {}): TimerWorld {
  const w = world({ checks: false, ...graph });
  const orders = w.graph.channel<Order>('orders', { capacity: 8 });
  const beats: Beat[] = [];
  const definition = defineActor({
    inputs: { mailbox: input<string>({ capacity }), orders: input<Order>() },
    state: () => ({ turns: 0 }),
    on: {
      mailbox(message, ctx) {
        ctx.state.turns += 1;
        beats.push({ atMs: ctx.nowMs(), message, firing: ctx.firing });
        return mailbox?.(message, ctx);
      },
      orders: (order, ctx) => order(ctx),
    },
  });
  w.graph.actor('clock', definition, { orders }, actor);
  w.graph.start();
  const give = async (order: Order): Promise<void> => {
    await orders.send(order);
    await w.sim.advance(0);
  };
  return { ...w, orders, beats, give };
}

const times = (w: TimerWorld): number[] => w.beats.map(({ atMs }) => atMs);
const messages = (w: TimerWorld): string[] => w.beats.map(({ message }) => message);
const timersOf = (w: TimerWorld) => actorOf(w.graph, 'clock').timers;

describe('a timer that fires once', () => {
  test('sends its message when its time has passed since the commit', async () => {
    const w = timerWorld();
    await w.give(async ({ timers, effect }) => {
      timers.once('late', 100, 'wake up');
      await effect('think', () => w.sim.clock.sleep(30));
    });
    await w.sim.advance(129);
    expect(w.beats).toEqual([]);
    expect(timersOf(w)).toEqual([{ name: 'late', input: 'mailbox', periodMs: undefined, dueInMs: 1, missed: 0 }]);
    await w.sim.advance(1);
    expect(w.beats).toEqual([{ atMs: 130, message: 'wake up', firing: { timer: 'late', missed: 0 } }]);
    expect(timersOf(w)).toEqual([]);
    await w.sim.advance(1_000);
    expect(times(w)).toEqual([130]);
    await stopCleanly(w);
  });

  test('may send to any input that is no bundle', async () => {
    const w = timerWorld();
    const seen: unknown[] = [];
    await w.give(({ timers }) => {
      timers.once('order', 5, ({ firing }) => void seen.push(firing), { input: 'orders' });
    });
    await w.sim.advance(5);
    expect(seen).toEqual([{ timer: 'order', missed: 0 }]);
    await stopCleanly(w);
  });

  test('with no delay at all fires behind what is in the mailbox', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => timers.once('now', 0, 'now'));
    expect(times(w)).toEqual([0]);
    await stopCleanly(w);
  });

  test('D11: is kept over a restart with its deadline, and fires once when that has passed meanwhile', async () => {
    const w = timerWorld({ actor: { showstopperAfter: 1, backoff: { minMs: 200, jitter: 0 } } });
    await w.give(({ timers }) => {
      timers.once('early', 100, 'early');
      timers.once('late', 400, 'late');
    });
    await w.sim.advance(50);
    await w.give(() => {
      throw new Error('crash');
    });
    await w.sim.advance(500);
    expect(w.beats.map(({ atMs, message }) => [atMs, message])).toEqual([
      [250, 'early'], // it was due in the delay before the restart
      [400, 'late'],
    ]);
    expect(actorOf(w.graph, 'clock').regeneration).toBe(1);
    await stopCleanly(w);
  });

  test('D11: is cancelled with an incarnation that is reset, also where its message waits for room', async () => {
    const w = timerWorld({
      capacity: 1,
      actor: { stateOnRestart: 'reset', backoff: { minMs: 100, jitter: 0 } },
      mailbox: (_, { effect }) => effect('work', () => w.sim.clock.sleep(1_000)),
    });
    await w.give(({ timers }) => {
      timers.once('taken', 10, 'taken');
      timers.once('waiting', 20, 'waiting');
      timers.once('later', 100, 'later');
    });
    await w.sim.advance(50);
    expect(timersOf(w).map(({ name, dueInMs }) => [name, dueInMs])).toEqual([
      ['waiting', 0],
      ['later', 50],
    ]);
    w.graph.backstage.cells.get('clock')?.kill();
    await w.sim.advance(0);
    expect([timersOf(w), channelOf(w.graph, 'clock.mailbox').waitingForRoom]).toEqual([[], 0]);
    await w.sim.advance(5_000);
    expect(messages(w)).toEqual(['taken', 'taken']); // it had fired: it is a message, and has come again
    await stopCleanly(w);
  });
});

describe('an interval', () => {
  test('D12: fires first after one period, without drift, and stops with its actor', async () => {
    const w = timerWorld({
      mailbox: (message, { exit }) => void (message === 'last' && exit()),
      actor: { restart: 'temporary' },
    });
    await w.give(({ timers }) => {
      timers.every('tick', 10, 'tick');
      timers.once('last', 55, 'last');
    });
    await w.sim.advance(200);
    expect(times(w)).toEqual([10, 20, 30, 40, 50, 55]);
    expect(timersOf(w)).toEqual([]);
    expect(w.sim.clock.pending).toBeLessThanOrEqual(1); // that of the stuck queue of a graph, at the most
    await stopCleanly(w);
  });

  test('D12: keeps its time however long a turn takes; what it misses is told with the next one', async () => {
    const w = timerWorld({
      mailbox: (_, { effect, nowMs }) => (nowMs() < 20 ? effect('work', () => w.sim.clock.sleep(34)) : undefined),
    });
    await w.give(({ timers }) => timers.every('tick', 10, 'tick'));
    await w.sim.advance(75);
    // The first one is in hand until 44, so that the beats of 20, 30 and 40 have no message of their own.
    expect(w.beats.map(({ atMs, firing }) => [atMs, firing?.missed])).toEqual([
      [10, 0],
      [50, 3],
      [60, 0],
      [70, 0],
    ]);
    await stopCleanly(w);
  });

  test('misses the beats that pass while the event loop stands still', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => timers.every('tick', 10, 'tick'));
    w.sim.clock.jumpTo(47);
    await w.sim.advance(23);
    expect(w.beats.map(({ atMs, firing }) => [atMs, firing?.missed])).toEqual([
      [47, 3],
      [50, 0],
      [60, 0],
      [70, 0],
    ]);
    await stopCleanly(w);
  });

  test('tells every attempt of a message that fails the same, and misses nothing more in it', async () => {
    const seen: unknown[] = [];
    const w = timerWorld({
      mailbox: (_, { attempt, firing }) => {
        seen.push([attempt, firing?.missed]);
        if (seen.length < 3) throw new Error('fails twice');
      },
      actor: { retryBackoff: { minMs: 25, jitter: 0 } },
    });
    await w.give(({ timers }) => timers.every('tick', 10, 'tick'));
    await w.sim.advance(59);
    // The third attempt comes at 60 and later: 25 ms after the second one, which came at once.
    expect(seen).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
      [1, 2],
      [1, 0],
    ]);
    await stopCleanly(w);
  });
});

describe('what a turn does with timers', () => {
  test('D14: cancelled before it fires, one never fires', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => timers.once('x', 10, 'x'));
    await w.sim.advance(9);
    await w.give(({ timers }) => {
      expect([timers.has('x'), timers.has('y')]).toEqual([true, false]);
      timers.cancel('x');
      timers.cancel('never set');
      expect(timers.has('x')).toBe(false);
    });
    await w.sim.advance(1_000);
    expect(w.beats).toEqual([]);
    await stopCleanly(w);
  });

  test('D14: cancelled, one that has fired comes no more if no turn has taken its message', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => {
      timers.every('gone', 10, 'gone');
      timers.once('stays', 15, 'stays');
    });
    await w.give(async ({ timers, effect }) => {
      await effect('work', () => w.sim.clock.sleep(30)); // meanwhile both fire
      timers.cancel('gone');
    });
    await w.sim.advance(29);
    expect(channelOf(w.graph, 'clock.mailbox').inFlight).toBe(2);
    await w.sim.advance(100);
    expect(messages(w)).toEqual(['stays']);
    w.graph.checkConservation();
    await stopCleanly(w);
  });

  test('set again, one is replaced: its time begins anew, and the message of the old one is taken out', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => timers.once('x', 10, 'old'));
    await w.give(async ({ timers, effect }) => {
      await effect('work', () => w.sim.clock.sleep(30));
      timers.every('x', 20, 'new');
    });
    await w.sim.advance(75);
    expect(w.beats.map(({ atMs, message }) => [atMs, message])).toEqual([
      [50, 'new'],
      [70, 'new'],
    ]);
    await stopCleanly(w);
  });

  test('is undone with the turn: nothing is set, replaced or cancelled by one that fails', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => timers.once('kept', 10, 'kept'));
    let turns = 0;
    await w.give(({ timers, rollback }) => {
      turns += 1;
      if (turns === 3) return;
      timers.once('fresh', 5, 'fresh');
      timers.cancel('kept');
      if (turns === 1) throw new Error('crash');
      timers.once('kept', 1, 'replaced');
      rollback();
    });
    expect([turns, timersOf(w).map(({ name, dueInMs }) => [name, dueInMs])]).toEqual([3, [['kept', 10]]]);
    await w.sim.advance(10);
    expect(messages(w)).toEqual(['kept']);
    await stopCleanly(w);
  });

  test('set and cancelled in the same turn, one never was', async () => {
    const w = timerWorld();
    await w.give(({ timers }) => {
      timers.once('x', 10, 'x');
      timers.cancel('x');
      timers.cancel('y');
      timers.once('y', 10, 'y');
    });
    await w.sim.advance(10);
    expect(messages(w)).toEqual(['y']);
    await stopCleanly(w);
  });

  test('of a loop is no turn while it only sets up', async () => {
    const w = world();
    const seen: unknown[] = [];
    const definition = defineActor({
      inputs: { mailbox: input<string>({ capacity: 2 }) },
      async run({ inputs: { mailbox }, timers, running, next, nowMs }) {
        timers.every('tick', 10, 'tick');
        while (running()) {
          await next(mailbox.avail());
          if (mailbox.take() !== undefined) seen.push(nowMs());
        }
      },
    });
    w.graph.actor('loop', definition, {});
    w.graph.start();
    await w.sim.advance(0);
    expect(actorOf(w.graph, 'loop').turns).toBe(0);
    expect(actorOf(w.graph, 'loop').timers).toHaveLength(1);
    await w.sim.advance(25);
    expect(seen).toEqual([10, 20]);
    await stopCleanly(w);
  });

  test('is refused when it has ended', async () => {
    const w = timerWorld();
    let leftover: Context['timers'] | undefined;
    await w.give(async ({ timers }) => {
      leftover = timers;
      await Promise.resolve();
    });
    await w.sim.settle();
    for (const use of [
      () => leftover?.once('x', 1, 'x'),
      () => leftover?.every('x', 1, 'x'),
      () => leftover?.cancel('x'),
      () => leftover?.has('x'),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_FENCED' }));
    }
    expect(timersOf(w)).toEqual([]);
    await stopCleanly(w);
  });
});

describe('the message of a timer', () => {
  test('waits for room as a sender from outside does, in its turn, and holds one place for all its beats', async () => {
    const w = timerWorld({ capacity: 1, mailbox: (_, { effect }) => effect('work', () => w.sim.clock.sleep(100)) });
    const mailbox = w.graph.backstage.channels.get('clock.mailbox') ?? expect.fail();
    await w.give(({ timers }) => timers.every('tick', 10, 'tick'));
    await w.give(({ timers }) => timers.every('tock', 15, 'tock'));
    const early = mailbox.send('early'); // before any of them is due
    await w.sim.advance(12);
    const late = mailbox.send('late');
    await w.sim.advance(60);
    expect(channelOf(w.graph, 'clock.mailbox').waitingForRoom).toBe(3); // tick, late, tock
    await w.sim.advance(2_000);
    await Promise.all([early, late]);
    expect(messages(w).slice(0, 4)).toEqual(['early', 'tick', 'late', 'tock']);
    w.graph.checkConservation();
  });

  test('that waits for room gives up its place when it is cancelled', async () => {
    const w = timerWorld({ capacity: 1, mailbox: (_, { effect }) => effect('work', () => w.sim.clock.sleep(50)) });
    await w.give(({ timers }) => {
      timers.once('first', 1, 'first');
      timers.once('second', 2, 'second');
      timers.once('third', 3, 'third');
    });
    await w.sim.advance(10);
    expect(channelOf(w.graph, 'clock.mailbox').waitingForRoom).toBe(2);
    await w.give(({ timers }) => timers.cancel('second')); // its turn is before that of the next message
    await w.sim.advance(500);
    expect(messages(w)).toEqual(['first', 'third']);
    await stopCleanly(w);
  });

  test('has an identity, attempts, and ends as a dead letter like any other', async () => {
    const ids = new Set<unknown>();
    const w = timerWorld({
      mailbox: (_, { messageId }) => {
        ids.add(messageId);
        throw new Error('never');
      },
      actor: { retryBackoff: { minMs: 0 } },
    });
    await w.give(({ timers }) => timers.once('x', 1, 'x'));
    await w.sim.advance(10);
    expect(ids.size).toBe(1);
    expect(w.graph.deadLetters.list()).toMatchObject([
      { payload: 'x', channel: 'clock.mailbox', actor: 'clock', reason: 'showstopper', attempts: 3 },
    ]);
    await stopCleanly(w);
  });

  test('is frozen with checks on, and undefined is none', async () => {
    const w = world({ checks: true });
    const seen: unknown[] = [];
    const message = { list: [1] };
    const definition = defineActor({
      inputs: { mailbox: input<object>({ capacity: 2 }), go: input<number>({ capacity: 2 }) },
      on: {
        mailbox: (each) => void seen.push(Object.isFrozen(each)),
        go(kind, { timers }) {
          timers.once('x', 1, kind === 0 ? message : (undefined as unknown as object));
        },
      },
    });
    const actor = w.graph.actor('actor', definition, {}, { showstopperAfter: 1 });
    w.graph.start();
    await actor.input('go').send(0);
    await actor.input('go').send(1);
    await w.sim.advance(1);
    expect(seen).toEqual([true]);
    expect(w.graph.deadLetters.list().map(({ error }) => error?.code)).toEqual(['ERR_UNDEFINED_MESSAGE']);
    await stopCleanly(w);
  });

  test('passes the schema of the own channel; one that does not fit becomes a dead letter and sets nothing', async () => {
    const w = world();
    const seen: unknown[] = [];
    const definition = defineActor({
      inputs: {
        mailbox: input({ capacity: 2, schema: z.string().transform(Number) }),
        go: input<string>({ capacity: 2 }),
      },
      on: {
        mailbox: (each) => void seen.push(each),
        go: (text, { timers }) => timers.once('x', 1, text === 'bad' ? (7 as unknown as string) : text),
      },
    });
    const actor = w.graph.actor('actor', definition, {});
    w.graph.start();
    await actor.input('go').send('12');
    await w.sim.advance(1);
    await actor.input('go').send('bad');
    await w.sim.advance(10);
    expect(seen).toEqual([12]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ payload: 7, channel: 'actor.mailbox', reason: 'invalid' }]);
    await stopCleanly(w);
  });
});

describe('the bound', () => {
  test('of timers is an option; what replaces or makes up for another one is none more', async () => {
    const w = timerWorld({ actor: { maxTimers: 2, showstopperAfter: 1 } });
    await w.give(({ timers }) => {
      timers.once('a', 10, 'a');
      timers.once('b', 10, 'b');
      timers.once('a', 20, 'a');
      timers.cancel('b');
      timers.cancel('b');
      timers.once('c', 10, 'c');
    });
    await w.give(({ timers }) => timers.once('d', 1, 'd'));
    expect(timersOf(w).map(({ name }) => name)).toEqual(['a', 'c']);
    const [letter] = w.graph.deadLetters.list();
    expect(letter?.error).toMatchObject({ code: 'ERR_TIMERS_FULL' });
    expect(letter?.error?.message).toBe(
      'actor "clock" has 2 timers, as many as it may (maxTimers): cancel some, set one for many, or raise it',
    );
    await w.sim.advance(10); // c has fired: there is a place again
    await w.give(({ timers }) => timers.once('d', 1, 'd'));
    expect(timersOf(w).map(({ name }) => name)).toEqual(['a', 'd']);
    await stopCleanly(w);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity, '3'])('of timers cannot be %s', (maxTimers) => {
    expect(() => timerWorld({ actor: { maxTimers: maxTimers as number } })).toThrow(
      /maxTimers must be an integer of 1 or more/,
    );
  });

  test.each<[string, (ctx: Context) => void, RegExp]>([
    [
      'a negative delay',
      ({ timers }) => timers.once('x', -1, 'x'),
      /timers\.once: delayMs must be a number of 0 or more, got -1/,
    ],
    ['an endless delay', ({ timers }) => timers.once('x', Infinity, 'x'), /delayMs/],
    [
      'a period of nothing',
      ({ timers }) => timers.every('x', 0, 'x'),
      /timers\.every: periodMs must be a number of 1 or more, got 0/,
    ],
    ['a name that is none', ({ timers }) => timers.once('', 1, 'x'), /timers\.once: name/],
    ['a name to cancel that is none', ({ timers }) => timers.cancel(7 as unknown as string), /timers\.cancel: name/],
    [
      'an unknown input',
      ({ timers }) => timers.once('x', 1, 'x', { input: 'post' as 'mailbox' }),
      /timer "x": input must be an input of actor "clock" that is no bundle, got "post"/,
    ],
    ['an unknown option', ({ timers }) => timers.once('x', 1, 'x', { to: 'mailbox' } as never), /unknown option "to"/],
  ])('%s is refused, and the turn cannot commit', async (_, order, message) => {
    const w = timerWorld({ actor: { showstopperAfter: 1 } });
    await w.give((ctx) => {
      expect(() => order(ctx)).toThrow(message);
    });
    expect(w.graph.deadLetters.list().map(({ error }) => error?.code)).toEqual(['ERR_TURN_POISONED']);
    await stopCleanly(w);
  });
});

describe('at the end', () => {
  test('the stop request cancels timers; what is due already is finished', async () => {
    const w = timerWorld({
      capacity: 1,
      mailbox: (_, { effect, timers }) => {
        timers.once('too late', 1, 'too late');
        return effect('work', () => w.sim.clock.sleep(50));
      },
    });
    await w.give(({ timers }) => {
      timers.once('first', 1, 'first');
      timers.every('waits', 2, 'waits');
      timers.once('later', 60, 'later');
    });
    await w.sim.advance(10);
    w.graph.requestShutdown();
    expect(timersOf(w).map(({ name }) => name)).toEqual(['waits']);
    await w.sim.runUntil(w.graph.stopped());
    expect(messages(w)).toEqual(['first', 'waits']);
    expect(w.graph.deadLetters.list()).toEqual([]);
    w.graph.checkConservation();
  });

  test('of an actor, a message that waits for room becomes a dead letter', async () => {
    const w = timerWorld({
      capacity: 1,
      actor: { restart: 'temporary', showstopperAfter: Infinity },
      mailbox: async (_, { effect }) => {
        await effect('work', () => w.sim.clock.sleep(50));
        throw new Error('crash');
      },
    });
    await w.give(({ timers }) => {
      timers.once('first', 1, 'first');
      timers.once('second', 2, 'second');
      timers.once('third', 90, 'third');
    });
    await w.sim.advance(200);
    expect(actorOf(w.graph, 'clock')).toMatchObject({ exit: 'crashed', timers: [] });
    expect(
      w.graph.deadLetters
        .list()
        .map(({ payload, reason }) => [payload, reason])
        .sort(),
    ).toEqual([
      ['first', 'no-consumer'],
      ['second', 'no-consumer'],
    ]);
    w.graph.checkConservation();
  });

  test('an input that is closed gets nothing more of a timer, and holds nobody up', async () => {
    const w = world();
    const go = w.graph.channel<string>('go', { capacity: 2 });
    const seen: string[] = [];
    const definition = defineActor({
      inputs: { go: input<string>() },
      on: {
        go(message, { timers }) {
          seen.push(message);
          timers.every('again', 5, 'again', { input: 'go' });
        },
      },
    });
    w.graph.actor('actor', definition, { go });
    w.graph.feed('feed', ['one'], go);
    w.graph.start();
    await w.sim.runUntil(w.graph.stopped());
    expect(seen).toEqual(['one']);
  });
});

describe('an actor that hibernates', () => {
  const sleeper = defineActor({
    inputs: { mailbox: input<string>({ capacity: 4 }) },
    state: () => ({ seen: [] as string[] }),
    on: {
      mailbox(message, { state, timers, firing, nowMs }) {
        state.seen.push(`${message} at ${nowMs()}, missed ${firing?.missed ?? '-'}`);
        if (message === 'begin') timers.every('tick', 1_000, 'tick');
      },
    },
  });

  async function asleep(): Promise<World & { readonly seen: () => unknown }> {
    const w = world();
    w.graph.setAwakeMax(0, 0);
    const actor = w.graph.actor('sleeper', sleeper, {});
    const other = w.graph.actor('other', sleeper, {});
    w.graph.start();
    await actor.input('mailbox').send('begin');
    await w.sim.advance(1);
    await other.input('mailbox').send('hello');
    await w.sim.advance(1);
    expect(w.graph.backstage.cells.get('sleeper')?.actor).toBeUndefined();
    return { ...w, seen: () => actorOf(w.graph, 'sleeper').state };
  }

  test('is woken by its timers, which are told of while it sleeps', async () => {
    const w = await asleep();
    expect(actorOf(w.graph, 'sleeper').timers).toEqual([
      { name: 'tick', input: 'mailbox', periodMs: 1_000, dueInMs: 998, missed: 0 },
    ]);
    await w.sim.advance(2_500);
    expect(w.seen()).toEqual({ seen: ['begin at 0, missed -', 'tick at 1000, missed 0', 'tick at 2000, missed 0'] });
    await stopCleanly(w);
  });

  test('ends in its sleep, and its timers with it', async () => {
    const w = await asleep();
    w.graph.requestShutdown();
    expect(actorOf(w.graph, 'sleeper').timers).toEqual([]);
    await w.sim.runUntil(w.graph.stopped());
    expect(w.sim.clock.pending).toBe(0);
  });
});

describe('whatever an actor does with timers', () => {
  type Op = { readonly kind: 'once' | 'every' | 'cancel'; readonly name: string; readonly ms: number };
  type Step = { readonly ops: readonly Op[]; readonly fails: boolean; readonly thenMs: number };
  const op: fc.Arbitrary<Op> = fc.record({
    kind: fc.constantFrom('once', 'every', 'cancel'),
    name: fc.constantFrom('a', 'b', 'c'),
    ms: fc.integer({ min: 1, max: 40 }),
  });
  const step: fc.Arbitrary<Step> = fc.record({
    ops: fc.array(op, { maxLength: 3 }),
    fails: fc.boolean(),
    thenMs: fc.nat(60),
  });

  /** What comes of it where every message is taken at once. */
  function expected(steps: readonly Step[]): string[] {
    const set = new Map<string, { dueMs: number; periodMs: number }>();
    const beats: string[] = [];
    let nowMs = 0;
    for (const { ops, fails, thenMs } of steps) {
      for (const { kind, name, ms } of fails ? [] : ops) {
        if (kind === 'cancel') set.delete(name);
        else set.set(name, { dueMs: nowMs + ms, periodMs: kind === 'every' ? ms : Infinity });
      }
      for (const untilMs = nowMs + thenMs; nowMs < untilMs;) {
        nowMs += 1;
        for (const [name, timer] of set) {
          if (timer.dueMs !== nowMs) continue;
          beats.push(`${nowMs} ${name}`);
          timer.dueMs += timer.periodMs;
          if (timer.periodMs === Infinity) set.delete(name);
        }
      }
    }
    return beats.sort();
  }

  function perform(ops: readonly Op[], { timers }: Context): void {
    for (const { kind, name, ms } of ops) {
      if (kind === 'cancel') timers.cancel(name);
      else timers[kind](name, ms, name);
    }
  }

  test('its messages are those of a plain model', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const w = timerWorld({ actor: { showstopperAfter: 1, maxRestarts: Infinity } });
        for (const { ops, fails, thenMs } of steps) {
          await w.give((ctx) => {
            perform(ops, ctx);
            if (fails) throw new Error('planned');
          });
          await w.sim.advance(thenMs);
        }
        expect(w.beats.map(({ atMs, message }) => `${atMs} ${message}`).sort()).toEqual(expected(steps));
        await stopCleanly(w);
      }),
      { numRuns: 150 },
    );
  });

  test('each beat of an interval is a message or is counted as missed, however busy the actor and however full its mailbox', async () => {
    const work = fc.array(fc.nat(45), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(work, fc.integer({ min: 1, max: 3 }), fc.array(fc.nat(3)), async (turns, capacity, kills) => {
        let turn = 0;
        const w = timerWorld({
          capacity,
          actor: { maxRestarts: Infinity },
          mailbox: (_, { effect }) => effect('work', () => w.sim.clock.sleep(turns[turn++ % turns.length] ?? 0)),
        });
        await w.give(({ timers }) => {
          timers.every('a', 7, 'a');
          timers.every('b', 10, 'b');
        });
        for (const ms of kills) {
          await w.sim.advance(ms * 20);
          w.graph.backstage.cells.get('clock')?.kill();
        }
        await w.sim.advance(500);
        const nowMs = w.sim.clock.nowMs();
        // Of a message that was in hand of several turns, one line each: its sequence counts once.
        for (const [name, periodMs] of [
          ['a', 7],
          ['b', 10],
        ] as const) {
          const firings = new Map(
            w.beats.flatMap(({ firing }) => (firing?.timer === name ? [[firing, firing.missed]] : [])),
          );
          const told = [...firings.values()].reduce((sum, missed) => sum + missed + 1, 0);
          const timer = timersOf(w).find((each) => each.name === name);
          const ring = w.graph.backstage.channels.get('clock.mailbox')?.ring();
          const offset = ring?.offsetOfFiring(name) ?? -1;
          const inMailbox = offset < 0 ? undefined : ring?.firingAt(offset);
          const untold = inMailbox === undefined || firings.has(inMailbox) ? 0 : inMailbox.missed + 1;
          const waits = timer?.dueInMs === 0 && channelOf(w.graph, 'clock.mailbox').waitingForRoom > 0;
          const beats = told + untold + (timer?.missed ?? 0);
          expect(beats + (waits ? 1 : 0)).toBe(Math.floor(nowMs / periodMs));
        }
        w.graph.checkConservation();
      }),
      { numRuns: 60 },
    );
  });
});
