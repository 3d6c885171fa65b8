/** Shapes that a commit which waits for room finds hardest: rings, triangles, self-casts, crowds, outside senders. */
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type ActorHandle, type Channel, defineActor, Graph, type InputSpecs, input, output } from 'holdfast';
import { SCHEDULES, SeededRandom, Simulation } from 'holdfast/testing';
import { checkInvariants, EFFORT, FIRST_SEED, Injected, leftovers, silent, times } from './support.ts';

const runs = (count: number) => ({ numRuns: times(count), seed: FIRST_SEED });
const timeoutMs = 60_000 * Math.max(1, EFFORT);
const attacked = { runs: 0, failures: 0, turns: 0 };
afterAll(() => console.log('shapes:', attacked));

const STYLES = ['handler', 'handlerAsync', 'next', 'tryNext'] as const;
type Style = (typeof STYLES)[number];

const world = fc.record({
  seed: fc.nat(),
  schedule: fc.constantFrom(...SCHEDULES),
  /** Faults in the whole run. */
  faults: fc.nat(30),
  styles: fc.array(fc.constantFrom(...STYLES), { minLength: 6, maxLength: 6 }),
  /** Channels take fewer and more messages at random moments, as in a degraded graph. */
  resizes: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

interface Resizable {
  readonly capacity: number;
  ring(): { setLimit(limit: number): void };
}

interface Faults {
  /** Channels that take fewer and more messages at random moments, as in a degraded graph. */
  readonly resized: Resizable[];
  readonly handles: ActorHandle<InputSpecs>[];
  /** Throws, kills somebody, or mostly does nothing. */
  maybe(): void;
}

function begin({ seed, schedule, faults }: World): { sim: Simulation; graph: Graph; faults: Faults } {
  const sim = new Simulation({ seed, schedule });
  const random = new SeededRandom(seed ^ 0xbad);
  const resized: Resizable[] = [];
  const resize = (): void => {
    if (resized.length === 0) return;
    const channel = resized[random.integer(3 * resized.length)];
    channel?.ring().setLimit(random.integer(channel.capacity + 1));
  };
  const { scheduler } = sim;
  const resizing = {
    pick: scheduler.pick,
    afterEventLoop: (task: () => void): void => scheduler.afterEventLoop(task),
    afterMicrotasks: (task: () => void): void =>
      scheduler.afterMicrotasks(() => {
        resize();
        task();
      }),
  };
  const graph = new Graph({
    name: 'shape',
    log: silent,
    ports: { ...sim.ports, scheduler: resizing },
    actorDefaults: { maxRestarts: Infinity, showstopperAfter: Infinity },
  });
  let left = faults;
  const handles: ActorHandle<InputSpecs>[] = [];
  const maybe = (): void => {
    if (left <= 0 || random.next() > 0.05) return;
    left -= 1;
    if (random.integer(2) === 0) throw new Injected('by the attack');
    handles[random.integer(handles.length)]?.kill('by the attack');
  };
  return { sim, graph, faults: { resized, handles, maybe } };
}

/** Takes one message, and passes on what `pass` makes of it. */
function passing<T>(style: Style, faults: Faults, pass: (message: T, send: (message: T) => void) => void) {
  const inputs = { in: input<T>() };
  const outputs = { out: output<T>() };
  const state = (): { log: T[] } => ({ log: [] });
  const turn = (message: T, log: T[], send: (message: T) => void): void => {
    faults.maybe();
    log.push(message);
    pass(message, send);
    faults.maybe();
  };
  switch (style) {
    case 'handler':
      return defineActor({
        inputs,
        outputs,
        state,
        on: { in: (message, ctx) => turn(message, ctx.state.log, (next) => ctx.outputs.out.send(next)) },
      });
    case 'handlerAsync':
      return defineActor({
        inputs,
        outputs,
        state,
        on: {
          in: async (message, ctx) => {
            await ctx.effect('nothing', () => undefined);
            turn(message, ctx.state.log, (next) => ctx.outputs.out.send(next));
          },
        },
      });
    case 'next':
    case 'tryNext':
      return defineActor({
        inputs,
        outputs,
        state,
        run: async (ctx) => {
          const some = ctx.inputs.in.avail();
          while (ctx.running()) {
            if (style === 'tryNext') void (ctx.tryNext(some) ?? (await ctx.next(some)));
            else await ctx.next(some);
            const message = ctx.inputs.in.take();
            if (message !== undefined) turn(message, ctx.state.log, (next) => ctx.outputs.out.send(next));
          }
        },
      });
  }
}

function logOf<T>(graph: Graph, actor: string): T[] {
  const state = graph.snapshot().actors.find(({ name }) => name === actor)?.state as { log?: T[] };
  return state.log ?? [];
}

function account(graph: Graph): void {
  attacked.runs += 1;
  for (const { failures, turns } of graph.snapshot().actors) {
    attacked.failures += failures;
    attacked.turns += turns;
  }
}

/** Lets everything come to rest, and checks that nothing waits any more. */
async function rest(graph: Graph, sim: Simulation): Promise<void> {
  await sim.advance(3_600_000);
  checkInvariants(graph);
  account(graph);
  for (const { name, inFlight } of graph.snapshot().channels) expect(`${name}: ${inFlight}`).toBe(`${name}: 0`);
}

interface Token {
  readonly id: string;
  readonly left: number;
}

test(
  'conserving rings with every mailbox full stay alive',
  async () => {
    const shape = fc.record({
      world,
      size: fc.integer({ min: 1, max: 6 }),
      capacities: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }),
      hops: fc.integer({ min: 1, max: 40 }),
      /** How far each actor passes its tokens on: several rings through the same actors would need several outputs. */
      stride: fc.integer({ min: 1, max: 5 }),
    });
    const property = fc.asyncProperty(shape, async (drawn) => {
      const { size, hops, stride } = drawn;
      const { sim, graph, faults } = begin(drawn.world);
      const channels = drawn.capacities.slice(0, size).map((capacity, index) => {
        return graph.channel<Token>(`c${index}`, { capacity });
      });
      if (drawn.world.resizes) faults.resized.push(...channels);
      for (const [index, channel] of channels.entries()) {
        const style = drawn.world.styles[index] as Style;
        const definition = passing<Token>(style, faults, ({ id, left }, send) => {
          if (left > 0) send({ id, left: left - 1 });
        });
        const out = channels[(index + stride) % size] as typeof channel;
        faults.handles.push(graph.actor(`a${index}`, definition, { in: channel, out }));
        for (let count = 0; count < channel.capacity; count += 1)
          channel.trySend({ id: `${index}.${count}`, left: hops });
      }
      graph.setProbe(() => checkInvariants(graph));
      graph.start();
      await rest(graph, sim);
      // Each token was seen once for each number of hops left.
      const seen = channels
        .flatMap((_, index) => logOf<Token>(graph, `a${index}`))
        .map(({ id, left }) => `${id} ${left}`);
      const tokens = channels.reduce((sum, { capacity }) => sum + capacity, 0);
      expect(seen.length).toBe(tokens * (hops + 1));
      expect(new Set(seen).size).toBe(seen.length);
    });
    await fc.assert(property, runs(200));
  },
  timeoutMs,
);

test(
  'two rings through the same actors, with a way from each to the other, stay alive',
  async () => {
    // Every actor takes from one mailbox and sends to one of two, so the tokens of both rings mix.
    const shape = fc.record({
      world,
      size: fc.integer({ min: 2, max: 6 }),
      capacity: fc.integer({ min: 1, max: 3 }),
      hops: fc.integer({ min: 1, max: 30 }),
    });
    const property = fc.asyncProperty(shape, async ({ world: drawn, size, capacity, hops }) => {
      const { sim, graph, faults } = begin(drawn);
      const channels = Array.from({ length: size }, (_, index) => graph.channel<Token>(`c${index}`, { capacity }));
      if (drawn.resizes) faults.resized.push(...channels);
      for (const [index, channel] of channels.entries()) {
        const definition = defineActor({
          inputs: { in: input<Token>() },
          outputs: { one: output<Token>(), two: output<Token>() },
          state: () => ({ log: [] as Token[] }),
          on: {
            in: (token, { outputs, state }) => {
              faults.maybe();
              state.log.push(token);
              const next = { id: token.id, left: token.left - 1 };
              if (token.left > 0) (token.left % 3 === 0 ? outputs.two : outputs.one).send(next);
              faults.maybe();
            },
          },
        });
        const one = channels[(index + 1) % size] as typeof channel;
        const two = channels[(index + size - 1) % size] as typeof channel;
        // Ring neighbours on both sides are the same in a ring of two, where one channel serves both.
        faults.handles.push(graph.actor(`a${index}`, definition, { in: channel, one, two }));
        for (let count = 0; count < capacity; count += 1) channel.trySend({ id: `${index}.${count}`, left: hops });
      }
      graph.start();
      await rest(graph, sim);
      const seen = channels
        .flatMap((_, index) => logOf<Token>(graph, `a${index}`))
        .map(({ id, left }) => `${id} ${left}`);
      expect(seen.length).toBe(size * capacity * (hops + 1));
      expect(new Set(seen).size).toBe(seen.length);
    });
    await fc.assert(property, runs(200));
  },
  timeoutMs,
);

test(
  'rings whose actors also send to slow readers outside the ring stay alive',
  async () => {
    const shape = fc.record({
      world,
      size: fc.integer({ min: 1, max: 5 }),
      capacity: fc.integer({ min: 1, max: 2 }),
      hops: fc.integer({ min: 1, max: 20 }),
      /** For each actor: the taps that it sends to besides, in this order, and whether the ring comes first or last. */
      taps: fc.array(fc.subarray([0, 1, 2]), { minLength: 5, maxLength: 5 }),
      ringFirst: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      delays: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 }),
    });
    const property = fc.asyncProperty(shape, async ({ size, capacity, hops, taps, ringFirst, delays, ...drawn }) => {
      const { sim, graph, faults } = begin(drawn.world);
      const channels = Array.from({ length: size }, (_, index) => graph.channel<Token>(`c${index}`, { capacity }));
      if (drawn.world.resizes) faults.resized.push(...channels);
      const tapped = delays.map((delayMs, index) => {
        // Room for one of each actor: a ring that has to commit as a whole needs it at once.
        const channel = graph.channel<Token>(`t${index}`, { capacity: size });
        const reader = defineActor({
          inputs: { in: input<Token>() },
          state: () => ({ log: [] as Token[] }),
          run: async ({ inputs, state, running, next, pause, after }) => {
            while (running()) {
              await next(inputs.in.avail());
              const token = inputs.in.take();
              await pause(after(delayMs));
              faults.maybe();
              if (token !== undefined) state.log.push(token);
            }
          },
        });
        faults.handles.push(graph.actor(`r${index}`, reader, { in: channel }));
        if (drawn.world.resizes) faults.resized.push(channel);
        return channel;
      });
      for (const [index, channel] of channels.entries()) {
        const definition = defineActor({
          inputs: { in: input<Token>() },
          outputs: { ring: output<Token>(), t0: output<Token>(), t1: output<Token>(), t2: output<Token>() },
          state: () => ({ log: [] as Token[] }),
          on: {
            in: (token, { outputs, state }) => {
              faults.maybe();
              state.log.push(token);
              const pass = (): void => {
                if (token.left > 0) outputs.ring.send({ id: token.id, left: token.left - 1 });
              };
              if (ringFirst[index] === true) pass();
              for (const tap of taps[index] ?? []) outputs[`t${tap as 0 | 1 | 2}`].send(token);
              if (ringFirst[index] === false) pass();
              faults.maybe();
            },
          },
        });
        const [t0, t1, t2] = tapped as [Channel<Token>, Channel<Token>, Channel<Token>];
        const ring = channels[(index + 1) % size] as Channel<Token>;
        faults.handles.push(graph.actor(`a${index}`, definition, { in: channel, ring, t0, t1, t2 }));
        for (let count = 0; count < capacity; count += 1) channel.trySend({ id: `${index}.${count}`, left: hops });
      }
      graph.setProbe(() => checkInvariants(graph));
      graph.start();
      await rest(graph, sim);
      const seen = channels.map((_, index) => logOf<Token>(graph, `a${index}`).map(({ id, left }) => `${id} ${left}`));
      expect(seen.flat().length).toBe(size * capacity * (hops + 1));
      expect(new Set(seen.flat()).size).toBe(seen.flat().length);
      for (const tap of [0, 1, 2]) {
        const sent = seen.flatMap((log, index) => ((taps[index] ?? []).includes(tap) ? log : []));
        const got = logOf<Token>(graph, `r${tap}`).map(({ id, left }) => `${id} ${left}`);
        expect(got.sort()).toEqual(sent.sort());
      }
    });
    await fc.assert(property, runs(200));
  },
  timeoutMs,
);

test(
  'an actor that casts to itself at capacity 1, with senders from outside, never waits for itself',
  async () => {
    const shape = fc.record({
      world,
      counts: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 }),
    });
    const property = fc.asyncProperty(shape, async ({ world: drawn, counts }) => {
      const { sim, graph, faults } = begin(drawn);
      const own = graph.channel<number>('own', { capacity: 1 });
      const definition = passing<number>(drawn.styles[0] as Style, faults, (left, send) => {
        if (left > 0) send(left - 1);
      });
      faults.handles.push(graph.actor('counter', definition, { in: own, out: own }));
      graph.start();
      const sends = counts.map((count) => own.send(count));
      await rest(graph, sim);
      await Promise.all(sends);
      const expected = counts.flatMap((count) => Array.from({ length: count + 1 }, (_, left) => left));
      expect(logOf<number>(graph, 'counter').sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
    });
    await fc.assert(property, runs(150));
  },
  timeoutMs,
);

test(
  'the triangle P→A→X→B and P→B comes to its end at every capacity from 1',
  async () => {
    const shape = fc.record({
      world,
      capacities: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
      messages: fc.integer({ min: 1, max: 30 }),
      source: fc.constantFrom('source', 'sourceAsync'),
    });
    const property = fc.asyncProperty(shape, async ({ world: drawn, capacities, messages, source }) => {
      const { sim, graph, faults } = begin(drawn);
      const [pa, ax, xb, pb] = ['p-a', 'a-x', 'x-b', 'p-b'].map((name, index) => {
        return graph.channel<number>(name, { capacity: capacities[index] as number });
      });
      if (pa === undefined || ax === undefined || xb === undefined || pb === undefined) return;
      if (drawn.resizes) faults.resized.push(pa, ax, xb, pb);
      const emit = (state: { next: number }, outputs: Record<'a' | 'b', { send(id: number): void }>) => {
        faults.maybe();
        outputs.a.send(state.next);
        faults.maybe();
        outputs.b.send(state.next);
        state.next += 1;
        return state.next < messages ? ('more' as const) : ('done' as const);
      };
      const shared = { outputs: { a: output<number>(), b: output<number>() }, state: () => ({ next: 0 }) };
      const p =
        source === 'source'
          ? defineActor({ ...shared, source: ({ state, outputs }) => emit(state, outputs) })
          : defineActor({
              ...shared,
              source: async ({ state, outputs, effect }) => {
                await effect('nothing', () => Promise.resolve());
                return emit(state, outputs);
              },
            });
      const b = defineActor({
        inputs: { x: input<number>(), p: input<number>() },
        state: () => ({ x: [] as number[], p: [] as number[] }),
        on: {
          x: (id, { state }) => {
            faults.maybe();
            state.x.push(id);
          },
          p: (id, { state }) => {
            state.p.push(id);
            faults.maybe();
          },
        },
      });
      const same = (id: number, send: (id: number) => void): void => send(id);
      faults.handles.push(
        graph.actor('P', p, { a: pa, b: pb }),
        graph.actor('A', passing<number>(drawn.styles[0] as Style, faults, same), { in: pa, out: ax }),
        graph.actor('X', passing<number>(drawn.styles[1] as Style, faults, same), { in: ax, out: xb }),
        graph.actor('B', b, { x: xb, p: pb }),
      );
      graph.start();
      await sim.runUntil(graph.stopped());
      account(graph);
      expect(leftovers(graph, sim)).toEqual([]);
      const all = Array.from({ length: messages }, (_, id) => id);
      expect(graph.snapshot().actors.find(({ name }) => name === 'B')?.state).toEqual({ x: all, p: all });
    });
    await fc.assert(property, runs(200));
  },
  timeoutMs,
);

test(
  'senders from outside keep their order, and one that gives up has sent nothing',
  async () => {
    const shape = fc.record({
      world,
      capacity: fc.integer({ min: 1, max: 3 }),
      senders: fc.array(fc.array(fc.constantFrom('send', 'trySend', 'abort', 'late abort'), { maxLength: 12 }), {
        minLength: 1,
        maxLength: 4,
      }),
    });
    const property = fc.asyncProperty(shape, async ({ world: drawn, capacity, senders }) => {
      const { sim, graph, faults } = begin(drawn);
      const channel = graph.channel<string>('channel', { capacity });
      const out = graph.channel<string>('out', { capacity });
      const definition = passing<string>(drawn.styles[0] as Style, faults, (id, send) => send(id));
      faults.handles.push(graph.actor('reader', definition, { in: channel, out }));
      const written: string[] = [];
      graph.sink('sink', out, (id) => void written.push(id));
      graph.start();
      const accepted = new Set<string>();
      const work = senders.map(async (steps, index) => {
        const sender = channel.sender();
        const pending: Promise<unknown>[] = [];
        for (const [step, way] of steps.entries()) {
          const id = `${index}.${step}`;
          const control = new AbortController();
          if (way === 'trySend') {
            // A sender that waits in line itself must not overtake its own messages.
            if (sender.trySend(id).ok) accepted.add(id);
            continue;
          }
          const done = sender.send(id, { signal: control.signal }).then(
            () => accepted.add(id),
            () => undefined,
          );
          pending.push(done);
          if (way === 'abort') control.abort();
          if (step % 3 === 0) await done;
          if (way === 'late abort') control.abort();
        }
        await Promise.all(pending);
        sender.close();
      });
      await sim.advance(3_600_000);
      await Promise.all(work);
      channel.close();
      await sim.runUntil(graph.stopped());
      account(graph);
      expect(leftovers(graph, sim)).toEqual([]);
      expect(written).toEqual(logOf<string>(graph, 'reader'));
      for (const [index, steps] of senders.entries()) {
        const ids = steps.map((_, step) => `${index}.${step}`).filter((id) => accepted.has(id));
        expect(written.filter((id) => id.startsWith(`${index}.`))).toEqual(ids);
      }
    });
    await fc.assert(property, runs(200));
  },
  timeoutMs,
);

test(
  'nobody starves: small producers and a large one share a channel',
  async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + times(20); seed += 1) {
      const sim = new Simulation({ seed, schedule: seed % 2 === 0 ? 'random' : 'fair' });
      const graph = new Graph({ name: 'crowd', log: silent, ports: sim.ports });
      const shared = graph.channel<string>('shared', { capacity: 8 });
      for (const [name, count] of [
        ['large', 8],
        ['a', 1],
        ['b', 1],
        ['c', 1],
        ['d', 1],
        ['e', 1],
      ] as const) {
        const producer = defineActor({
          outputs: { out: output<string>() },
          source: ({ outputs }) => {
            for (let sent = 0; sent < count; sent += 1) outputs.out.send(name);
            return 'more';
          },
        });
        graph.actor(name, producer, { out: shared });
      }
      let taken = 0;
      const consumer = defineActor({
        inputs: { in: input<string>() },
        on: {
          in: (_name, { requestShutdown }) => {
            taken += 1;
            if (taken === 5_000) requestShutdown();
          },
        },
      });
      graph.actor('consumer', consumer, { in: shared });
      graph.start();
      await sim.runUntil(graph.stopped());
      const turns = new Map(graph.snapshot().actors.map((actor) => [actor.name, actor.turns]));
      // Served by ticket, all get about as many turns; 13 messages go by in a round.
      for (const name of ['large', 'a', 'b', 'c', 'd', 'e']) expect(turns.get(name)).toBeGreaterThan(5_000 / 13 / 2);
    }
  },
  timeoutMs,
);
