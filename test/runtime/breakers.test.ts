/** Circuit breakers: a child that fails too often is left alone for a while, and so are those who send to it. */
import { describe, expect, test } from 'vitest';
import {
  type ActorRef,
  type BreakerOptions,
  defineActor,
  Graph,
  type GraphOptions,
  type HoldfastError,
  input,
  output,
  type Reply,
  type ReplyPort,
} from '../../src/index.ts';
import { Simulation } from '../../src/testing/index.ts';
import { deferred } from './single-actor.ts';
import { actorOf, channelOf, type Outcome, watch } from './world.ts';

type Order = number | 'crash';

/** Keeps what it handles; fails as told, or always while `down.is`. */
function seller(down: { is: boolean } = { is: false }, capacity = 4) {
  return defineActor({
    inputs: { mailbox: input<Order>({ capacity }) },
    state: () => ({ handled: [] as Order[] }),
    on: {
      mailbox(order, { state }) {
        state.handled.push(order);
        if (order === 'crash' || down.is) throw new Error('exchange is down');
      },
    },
  });
}

/** Passes on what it gets, to whom it is wired or, by `loose`, to a ref that it was given. */
const passer = defineActor({
  inputs: { mailbox: input<Order>({ capacity: 16 }) },
  outputs: { to: output<Order>() },
  on: { mailbox: (order, { outputs }) => outputs.to.send(order) },
});

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly trace: string[];
}

const BREAKER: BreakerOptions = { maxFailures: 3, resetTimeoutMs: 1_000 };
const AT_ONCE: BreakerOptions = { ...BREAKER, maxFailures: 1 };

function build(options: Partial<GraphOptions> = {}): World {
  const sim = new Simulation();
  const actorDefaults = { showstopperAfter: 1, maxRestarts: 100 };
  const graph = new Graph({ name: 'desk', ports: sim.ports, logLevel: 'silent', actorDefaults, ...options });
  const trace: string[] = [];
  const at = (text: string): void => void trace.push(`${sim.clock.nowMs()} ${text}`);
  graph.subscribe((event) => {
    if (event.kind === 'actorStarted') at(`+${event.actor}.${event.regeneration + 1}`);
    if (event.kind === 'actorStopped') at(`-${event.actor}.${event.regeneration + 1}:${event.exit.kind}`);
    if (event.kind === 'breaker') at(`${event.actor} ${event.state}`);
  });
  return { sim, graph, trace };
}

const news = ({ trace }: World): string[] => trace.splice(0);
const handled = ({ graph }: World, name: string): unknown =>
  (actorOf(graph, name).state as { readonly handled?: unknown } | undefined)?.handled ?? [];
const letters = ({ graph }: World): unknown[] =>
  graph.deadLetters.list().map(({ payload, reason, channel }) => `${String(payload)} ${reason} ${channel}`);

async function open(world: World, ref: ActorRef<Order>, failures = 3): Promise<void> {
  for (let count = 0; count < failures; count += 1) ref.tryCast('crash');
  await world.sim.settle();
}

describe('B13: a circuit breaker', () => {
  test('opens by the attempts on one message, which waits and is tried again when it is half-open', async () => {
    const world = build({ actorDefaults: { showstopperAfter: 10, maxRestarts: 1, retryBackoff: { minMs: 1 } } });
    const down = { is: true };
    const ref = world.graph.spawn('a', seller(down), {}, { breaker: BREAKER });
    world.graph.start();
    await ref.cast(1);
    await world.sim.advance(500);
    expect(world.trace.filter((line) => line.includes('a open'))).toHaveLength(1);
    expect(actorOf(world.graph, 'a')).toMatchObject({ failures: 3, breaker: 'open' });
    down.is = false;
    await world.sim.advance(1_000);
    expect([handled(world, 'a'), letters(world)]).toEqual([[1], []]);
    expect(actorOf(world.graph, 'a').breaker).toBe('closed');
  });

  test('opens at the third failure, refuses, and closes after one start', async () => {
    const world = build();
    const ref = world.graph.spawn('a', seller(), {}, { breaker: BREAKER });
    world.graph.start();
    await open(world, ref);
    expect(news(world)).toEqual([
      '0 +a.1',
      '0 -a.1:crashed',
      '0 +a.2',
      '0 -a.2:crashed',
      '0 +a.3',
      '0 -a.3:crashed',
      '0 a open',
    ]);
    expect(actorOf(world.graph, 'a').breaker).toBe('open');
    expect(ref.tryCast(1)).toEqual({ ok: false, reason: 'breaker-open', message: 1 });
    const cast = watch(ref.cast(2));
    await world.sim.advance(999);
    expect(cast).toMatchObject({ state: 'rejected', code: 'ERR_BREAKER_OPEN' });
    expect(cast.error).toMatchObject({
      message: 'actor "a" has failed too often: its circuit breaker is open, and it takes nothing for the moment',
      details: { actor: 'a', undelivered: 2 },
    });
    expect(news(world)).toEqual([]);
    await world.sim.advance(1);
    expect(news(world)).toEqual(['1000 a halfOpen', '1000 +a.4', '1000 a closed']);
    expect(actorOf(world.graph, 'a').breaker).toBe('closed');
    await ref.cast(3);
    await world.sim.settle();
    expect(handled(world, 'a')).toEqual([3]);
    expect(letters(world)).toEqual([
      'crash showstopper a.mailbox',
      'crash showstopper a.mailbox',
      'crash showstopper a.mailbox',
    ]);
  });

  test('opens again at the next failure after so many as before, and siblings are served all the while', async () => {
    const world = build();
    const { a, z } = world.graph.supervisor('s', { maxRestarts: 100 }, (builder) => ({
      a: builder.spawn('a', seller(), {}, { breaker: { maxFailures: 1, resetTimeoutMs: 500 }, restart: 'transient' }),
      z: builder.spawn('z', seller()),
    }));
    world.graph.start();
    await open(world, a, 1);
    await z.cast(1);
    await world.sim.settle();
    expect(handled(world, 's/z')).toEqual([1]);
    await world.sim.advance(500);
    await open(world, a, 1);
    expect(news(world)).toEqual([
      '0 +s.1',
      '0 +s/a.1',
      '0 +s/z.1',
      '0 -s/a.1:crashed',
      '0 s/a open',
      '500 s/a halfOpen',
      '500 +s/a.2',
      '500 s/a closed',
      '500 -s/a.2:crashed',
      '500 s/a open',
    ]);
  });

  test('leaves what is in the mailbox where it is, and drops nothing of it', async () => {
    const down = { is: true };
    const world = build({ actorDefaults: { showstopperAfter: Infinity, maxRestarts: 100 } });
    const ref = world.graph.spawn('a', seller(down), {}, { breaker: AT_ONCE });
    world.graph.start();
    for (const order of [1, 2, 3, 4]) ref.tryCast(order);
    await world.sim.settle();
    expect(channelOf(world.graph, 'a.mailbox').inFlight).toBe(4);
    expect(actorOf(world.graph, 'a').breaker).toBe('open');
    down.is = false;
    await world.sim.advance(1_000);
    expect(handled(world, 'a')).toEqual([1, 2, 3, 4]);
    expect(letters(world)).toEqual([]);
    world.graph.checkConservation();
  });

  test('fails at once those who wait for room already', async () => {
    const down = { is: true };
    const world = build({ actorDefaults: { showstopperAfter: Infinity, maxRestarts: 100 } });
    const ref = world.graph.spawn('a', seller(down, 1), {}, { breaker: AT_ONCE });
    const other = world.graph.spawn('b', passer, { to: ref });
    world.graph.start();
    ref.tryCast(1);
    const waiting = [2, 3].map((order) => watch(ref.cast(order)));
    other.tryCast(4);
    await world.sim.settle();
    expect(waiting.map(({ code }) => code)).toEqual(['ERR_BREAKER_OPEN', 'ERR_BREAKER_OPEN']);
    expect(letters(world)).toEqual(['4 breaker-open a.mailbox']);
    expect(channelOf(world.graph, 'a.mailbox')).toMatchObject({ inFlight: 1, waitingForRoom: 0 });
  });

  test('makes dead letters of staged casts, in the commit of their turn', async () => {
    const world = build();
    const ref = world.graph.spawn('a', seller(), {}, { breaker: BREAKER });
    const loose = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 4 }) },
      state: () => ({ passed: 0 }),
      on: {
        mailbox(order, { state, to }) {
          state.passed += 1;
          to(ref).cast(order);
        },
      },
    });
    const wired = world.graph.spawn('wired', passer, { to: ref });
    const free = world.graph.spawn('free', loose);
    world.graph.start();
    await open(world, ref);
    wired.tryCast(1);
    free.tryCast(2);
    await world.sim.settle();
    expect(letters(world).slice(3)).toEqual(['1 breaker-open a.mailbox', '2 breaker-open a.mailbox']);
    expect(world.graph.deadLetters.list().at(-1)?.text).toBe('the circuit breaker of actor "a" is open');
    expect(actorOf(world.graph, 'free')).toMatchObject({ state: { passed: 1 }, failures: 0 });
    world.graph.checkConservation();
  });

  test('holds up no stop of the graph: the child starts at once and works off what it has', async () => {
    const down = { is: true };
    const world = build({ actorDefaults: { showstopperAfter: Infinity, maxRestarts: 100 } });
    const ref = world.graph.spawn('a', seller(down), {}, { breaker: AT_ONCE });
    world.graph.start();
    ref.tryCast(1);
    await world.sim.settle();
    expect(news(world).at(-1)).toBe('0 a open');
    down.is = false;
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
    expect(world.sim.clock.nowMs()).toBe(0);
    expect(handled(world, 'a')).toEqual([1]);
    world.graph.checkConservation();
  });

  test('holds up no stop of the graph either while the child goes on failing', async () => {
    const world = build({ actorDefaults: { maxRestarts: 100 } });
    const ref = world.graph.spawn('a', seller({ is: true }), {}, { breaker: BREAKER });
    world.graph.start();
    ref.tryCast(1);
    await world.sim.advance(200);
    world.graph.requestShutdown();
    await world.sim.runUntil(world.graph.stopped());
    expect(letters(world)).toEqual(['1 showstopper a.mailbox']);
    world.graph.checkConservation();
  });

  test('is closed again when its supervisor is restarted itself', async () => {
    const world = build();
    const { a, b } = world.graph.supervisor('s', { maxRestarts: 1 }, (builder) => ({
      a: builder.spawn('a', seller(), {}, { breaker: { maxFailures: 1, resetTimeoutMs: 60_000 } }),
      b: builder.spawn('b', seller()),
    }));
    world.graph.start();
    await open(world, a, 1);
    news(world);
    await open(world, b, 2);
    expect(news(world)).toEqual([
      '0 -s/b.1:crashed',
      '0 +s/b.2',
      '0 -s/b.2:crashed',
      '0 -s.1:shutdown',
      '0 s/a closed',
      '0 +s.2',
      '0 +s/a.2',
      '0 +s/b.3',
    ]);
    expect(a.tryCast(1)).toEqual({ ok: true });
  });

  test('a sender that waits for a vacancy need not wait for one in a mailbox that takes nothing', async () => {
    const down = { is: true };
    const world = build({ actorDefaults: { showstopperAfter: Infinity, maxRestarts: 100 } });
    const ref = world.graph.spawn('a', seller(down, 1), {}, { breaker: AT_ONCE });
    const loop = defineActor({
      outputs: { to: output<Order>() },
      async run({ outputs: { to }, next, running }) {
        for (let order = 1; running() && order < 4; order += 1) {
          await next(to.vacant(1));
          to.send(order);
        }
      },
    });
    world.graph.actor('loop', loop, { to: ref });
    world.graph.start();
    await world.sim.settle();
    expect(letters(world)).toEqual(['2 breaker-open a.mailbox', '3 breaker-open a.mailbox']);
  });
});

describe('B13: a circuit breaker that diverts', () => {
  test('sends what is cast from outside and from turns to the other actor, and comes back', async () => {
    const world = build();
    const standIn = world.graph.spawn('standIn', seller());
    const ref = world.graph.spawn('a', seller(), {}, { breaker: { ...BREAKER, divertTo: standIn } });
    const wired = world.graph.spawn('wired', passer, { to: ref });
    world.graph.start();
    await open(world, ref);
    await ref.cast(1);
    wired.tryCast(2);
    await world.sim.settle();
    expect(ref.tryCast(3)).toEqual({ ok: true });
    await world.sim.advance(1_000);
    await ref.cast(4);
    wired.tryCast(5);
    await world.sim.settle();
    expect(handled(world, 'standIn')).toEqual([1, 2, 3]);
    expect(handled(world, 'a')).toEqual([4, 5]);
    expect(letters(world)).toHaveLength(3);
    world.graph.checkConservation();
  });

  test('keeps the order of one sender when those who wait for room are sent elsewhere', async () => {
    const down = { is: true };
    const world = build({ actorDefaults: { showstopperAfter: Infinity, maxRestarts: 100 } });
    const standIn = world.graph.spawn('standIn', seller({ is: false }, 1));
    const ref = world.graph.spawn('a', seller(down, 1), {}, { breaker: { ...AT_ONCE, divertTo: standIn } });
    const wired = world.graph.spawn('wired', passer, { to: ref });
    world.graph.start();
    ref.tryCast(0);
    const casts = [1, 2, 3].map((order) => watch(ref.cast(order)));
    for (const order of [11, 12, 13]) wired.tryCast(order);
    world.graph.subscribe((event) => {
      if (event.kind === 'breaker' && event.state === 'open') casts.push(watch(ref.cast(4)));
    });
    await world.sim.settle();
    expect(casts.map((cast) => cast.state)).toEqual(['resolved', 'resolved', 'resolved', 'resolved']);
    const got = handled(world, 'standIn') as number[];
    expect(got.filter((order) => order < 10)).toEqual([1, 2, 3, 4]);
    expect(got.filter((order) => order > 10)).toEqual([11, 12, 13]);
    expect(channelOf(world.graph, 'a.mailbox').inFlight).toBe(1);
    world.graph.checkConservation();
  });

  test('is looked at by a turn that others carry along, which has no look of its own', async () => {
    const world = build();
    const standIn = world.graph.spawn('standIn', seller());
    const ref = world.graph.spawn('a', seller(), {}, { breaker: { ...AT_ONCE, divertTo: standIn } });
    const gate = deferred();
    // Each has its mailbox full of the message in hand, and sends to the other one: they can only commit together.
    const member = (first: number, wait: Promise<void> | undefined, extra: readonly Order[]) =>
      defineActor({
        inputs: { mailbox: input<Order>({ capacity: 1 }) },
        outputs: { to: output<Order>() },
        state: () => ({ handled: [] as Order[] }),
        on: {
          mailbox(order, { state, outputs, to, effect }) {
            state.handled.push(order);
            if (order !== first) return;
            outputs.to.send(10 * first);
            for (const more of extra) to(ref).cast(more);
            if (wait !== undefined) return effect('gate', () => wait);
          },
        },
      });
    const channel = world.graph.channel<Order>('back', { capacity: 1 });
    const two = world.graph.spawn('two', member(2, gate.promise, []), { to: channel });
    world.graph.spawn('one', member(1, undefined, [7]), { mailbox: channel, to: two });
    world.graph.start();
    two.tryCast(2);
    channel.trySend(1);
    await world.sim.settle();
    expect(actorOf(world.graph, 'one').phase).toBe('committing');
    await open(world, ref, 1);
    expect(actorOf(world.graph, 'a').breaker).toBe('open');
    gate.resolve();
    await world.sim.settle();
    expect([handled(world, 'one'), handled(world, 'two'), handled(world, 'standIn')]).toEqual([[1, 20], [2, 10], [7]]);
    expect(letters(world)).toEqual(['crash showstopper a.mailbox']);
    world.graph.checkConservation();
  });

  test('shares order and room with what the same turn sends to the other actor by itself', async () => {
    const world = build();
    const standIn = world.graph.spawn('standIn', seller({ is: false }, 3));
    const ref = world.graph.spawn('a', seller(), {}, { breaker: { ...BREAKER, divertTo: standIn } });
    const both = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }) },
      outputs: { direct: output<Order>(), to: output<Order>() },
      on: {
        mailbox(count, { outputs }) {
          outputs.direct.send(100);
          for (let order = 1; order <= count; order += 1) outputs.to.send(order);
        },
      },
    });
    const sender = world.graph.spawn('both', both, { direct: standIn, to: ref });
    world.graph.start();
    await open(world, ref);
    sender.tryCast(2);
    await world.sim.settle();
    expect(handled(world, 'standIn')).toEqual([100, 1, 2]);
    // More than the other mailbox can ever hold in one commit would wait for ever.
    sender.tryCast(3);
    await world.sim.settle();
    expect(handled(world, 'standIn')).toEqual([100, 1, 2, 100]);
    expect(letters(world).slice(3)).toEqual(['1', '2', '3'].map((order) => `${order} breaker-open a.mailbox`));
    world.graph.checkConservation();
  });

  test('fails calls at once, also those that wait for room, and without it they are answered by the other actor', async () => {
    interface Ask {
      readonly n: number;
      readonly reply: ReplyPort<string>;
    }
    const down = { is: true };
    const teller = (name: string, isDown: { readonly is: boolean }) =>
      defineActor({
        inputs: { mailbox: input<Ask>({ capacity: 1 }) },
        on: {
          mailbox({ n, reply: port }, { reply }) {
            if (isDown.is) throw new Error('exchange is down');
            reply(port, `${n} by ${name}`);
          },
        },
      });
    const world = build({ actorDefaults: { showstopperAfter: Infinity, maxRestarts: 100 } });
    const standIn = world.graph.spawn('standIn', teller('standIn', { is: false }));
    const diverting = world.graph.spawn('a', teller('a', down), {}, { breaker: { ...AT_ONCE, divertTo: standIn } });
    const refusing = world.graph.spawn('b', teller('b', down), {}, { breaker: AT_ONCE });
    const asker = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }), answers: input<Reply<string>>({ capacity: 4 }) },
      state: () => ({ answers: [] as string[] }),
      on: {
        mailbox(n, { request }) {
          request(diverting, (reply) => ({ n, reply }), { replyTo: 'answers', timeoutMs: 60_000 });
          request(refusing, (reply) => ({ n, reply }), { replyTo: 'answers', timeoutMs: 60_000 });
        },
        answers(answer, { state }) {
          state.answers.push(answer.ok ? answer.value : (answer.error as HoldfastError).code);
        },
      },
    });
    const actor = world.graph.spawn('asker', asker);
    world.graph.start();
    const call = (ref: typeof diverting, n: number): Outcome<string> =>
      watch(ref.call((reply) => ({ n, reply }), { timeoutMs: 60_000 }));
    const calls = [0, 1, 2].map((n) => call(diverting, n));
    const refused = [0, 1, 2].map((n) => call(refusing, n));
    await world.sim.settle();
    calls.push(call(diverting, 3));
    refused.push(call(refusing, 3));
    actor.tryCast(4);
    await world.sim.settle();
    expect(calls.map(({ value }) => value)).toEqual([undefined, '1 by standIn', '2 by standIn', '3 by standIn']);
    expect(refused.map(({ code }) => code)).toEqual([undefined, ...Array<string>(3).fill('ERR_BREAKER_OPEN')]);
    expect(actorOf(world.graph, 'asker').state).toEqual({ answers: ['ERR_CALL_DEAD_LETTER', '4 by standIn'] });
    // What was in the mailbox when it opened is answered when the actor is back.
    down.is = false;
    await world.sim.advance(1_000);
    expect([calls[0]?.value, refused[0]?.value]).toEqual(['0 by a', '0 by b']);
  });

  test('refuses when whoever stands in turns senders away as well, and passes on where that one diverts', async () => {
    const world = build();
    const breaker = { maxFailures: 1, resetTimeoutMs: 1_000 };
    const last = world.graph.spawn('last', seller());
    const second = world.graph.spawn('second', seller(), {}, { breaker: { ...breaker, divertTo: last } });
    const first = world.graph.spawn('first', seller(), {}, { breaker: { ...breaker, divertTo: second } });
    const barred = world.graph.spawn('barred', seller(), {}, { breaker });
    const other = world.graph.spawn('other', seller(), {}, { breaker: { ...breaker, divertTo: barred } });
    world.graph.start();
    for (const ref of [first, second, barred, other]) {
      ref.tryCast('crash');
      await world.sim.settle();
    }
    await first.cast(1);
    await world.sim.settle();
    expect(handled(world, 'last')).toEqual([1]);
    expect(other.tryCast(2)).toMatchObject({ ok: false, reason: 'breaker-open' });
  });

  test('is checked where the actor is placed', () => {
    const { graph } = build();
    const standIn = graph.spawn('standIn', seller());
    const place = (breaker: object): (() => unknown) => {
      return () => graph.spawn('a', seller(), {}, { breaker: breaker as never });
    };
    expect(place({ maxFailures: 0, resetTimeoutMs: 1 })).toThrow('breaker.maxFailures must be an integer of 1 or more');
    expect(place({ maxFailures: 1, resetTimeoutMs: 0 })).toThrow(
      'breaker.resetTimeoutMs must be a number of 1 or more',
    );
    expect(place({ maxFailures: 1 })).toThrow('breaker.resetTimeoutMs must be');
    expect(place({ ...BREAKER, no: 1 })).toThrow('unknown option "no"');
    expect(place({ ...BREAKER, divertTo: 'standIn' })).toThrow('a ref of an actor of this graph, got "standIn"');
    expect(place({ ...BREAKER, divertTo: build().graph.spawn('far', seller()) })).toThrow('of this graph');
    const deaf = defineActor({ inputs: { orders: input<Order>({ capacity: 1 }) }, on: { orders: () => undefined } });
    expect(() => graph.actor('deaf', deaf, {}, { breaker: { ...BREAKER, divertTo: standIn } })).toThrow(
      'breaker.divertTo must be left out for an actor without a mailbox',
    );
    const schema = {
      '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: value as Order }) },
    } as const;
    const strict = defineActor({
      inputs: { mailbox: input<Order>({ capacity: 1, schema }) },
      on: { mailbox: () => undefined },
    });
    expect(() => graph.spawn('b', strict, {}, { breaker: { ...BREAKER, divertTo: standIn } })).toThrow(
      'the same schema',
    );
    const strictToo = graph.spawn('c', strict);
    graph.spawn('d', strict, {}, { breaker: { ...BREAKER, divertTo: strictToo } });
    expect(graph.snapshot().actors.map(({ name }) => name)).toEqual(['standIn', 'c', 'd']);
  });
});
