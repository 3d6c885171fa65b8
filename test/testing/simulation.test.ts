/** The world of a simulation: schedules, foreign waits, effects, and the trace of it all. */
import { type Channel, defineActor, Graph, HoldfastError, input, output } from 'holdfast';
import { SCHEDULES, type Schedule, Simulation, type SimulationOptions } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';

const counting = (count: number) =>
  defineActor({
    outputs: { out: output<number>() },
    state: () => ({ next: 0 }),
    source({ outputs, state }) {
      outputs.out.send(state.next);
      state.next += 1;
      return state.next < count ? 'more' : 'done';
    },
  });

const passing = defineActor({
  inputs: { in: input<number>() },
  outputs: { out: output<number>() },
  on: {
    async in(number, { outputs, attempt, random, effect }) {
      if (random() < 0.2 && attempt < 3) throw new Error('now and then');
      outputs.out.send(await effect('look up', () => number * 2));
    },
  },
});

interface Chain {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly arrived: number[];
}

/** Several chains side by side, so that a schedule has something to choose from. */
function chains(options: SimulationOptions): Chain {
  const sim = new Simulation(options);
  const actorDefaults = { maxRestarts: Infinity };
  const graph = new Graph({ name: 'chains', logLevel: 'silent', ports: sim.ports, actorDefaults });
  const ends = graph.channel<number>('ends', { capacity: 2 });
  for (let chain = 0; chain < 3; chain += 1) {
    const middle = graph.channel<number>(`middle ${chain}`, { capacity: 2 });
    graph.actor(`counting ${chain}`, counting(10), { out: middle });
    graph.actor(`passing ${chain}`, passing, { in: middle, out: ends });
  }
  const arrived: number[] = [];
  graph.sink('end', ends, (number) => void arrived.push(number));
  return { sim, graph, arrived };
}

async function traced(
  options: SimulationOptions,
): Promise<{ hash: string; lines: readonly string[]; arrived: number[] }> {
  const { sim, graph, arrived } = chains({ trace: 'steps', foreignWaits: 'forbid', ...options });
  graph.start();
  await sim.runUntil(graph.stopped());
  return { hash: sim.trace.hash, lines: sim.trace.lines, arrived };
}

test('a trace has no words of an error that the engine has made', async () => {
  const sim = new Simulation({ trace: 'events' });
  const graph = new Graph({ name: 'test', logLevel: 'silent', ports: sim.ports });
  const channel = graph.channel<number>('numbers', { capacity: 2 });
  const failing = function* (): Generator<number> {
    yield 1;
    (undefined as unknown as Graph).start();
  };
  graph.feed('failing', failing(), channel);
  graph.sink('end', channel, () => undefined);
  graph.start();
  await sim.runUntil(graph.stopped().catch(() => undefined));
  expect(sim.trace.lines).toEqual(
    expect.arrayContaining(['0 edgeFailed failing TypeError', '0 stopping "feed \\"failing\\" failed"']),
  );
});

describe('a schedule', () => {
  test.each(SCHEDULES)('%s: goes the same way for the same seed, and all arrives', async (schedule) => {
    const first = await traced({ seed: 5, schedule });
    expect(first.arrived.sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, index) => [2 * index, 2 * index, 2 * index]).flat(),
    );
    expect((await traced({ seed: 5, schedule })).lines).toEqual(first.lines);
    expect((await traced({ seed: 6, schedule })).hash).not.toBe(first.hash);
  });

  test('different ones go different ways', async () => {
    const hashes = await Promise.all(SCHEDULES.map(async (schedule) => (await traced({ seed: 5, schedule })).hash));
    expect(new Set(hashes).size).toBe(SCHEDULES.length);
  });

  test('unfair: whoever was ready first waits for those who came later', async () => {
    const order = async (schedule: Schedule): Promise<string[]> => {
      const sim = new Simulation({ seed: 3, schedule });
      const graph = new Graph({ name: 'turns', logLevel: 'silent', ports: sim.ports });
      const ran: string[] = [];
      for (const name of ['a', 'b', 'c', 'd']) {
        graph.actor(name, defineActor({ source: () => (ran.push(name), 'done') }), {});
      }
      graph.start();
      await sim.runUntil(graph.stopped());
      return ran;
    };
    expect(await order('fair')).toEqual(['a', 'b', 'c', 'd']);
    expect(await order('unfair')).toEqual(['d', 'c', 'b', 'a']);
  });

  test('delayed: timers fire late, and never early', async () => {
    const sim = new Simulation({ seed: 3, schedule: 'delayed' });
    const firedAt: number[] = [];
    for (let atMs = 100; atMs <= 2_000; atMs += 100)
      sim.clock.setTimer(atMs, () => firedAt.push(sim.clock.nowMs() - atMs));
    await sim.advance(3_000);
    expect(firedAt).toHaveLength(20);
    expect(Math.min(...firedAt)).toBe(0);
    expect(Math.max(...firedAt)).toBeGreaterThan(0);
    expect(Math.max(...firedAt)).toBeLessThanOrEqual(20);
  });
});

describe('what is not simulated', () => {
  const never = new Promise<void>(() => undefined);

  function place(handler: (ctx: { effect: (name: string, run: () => unknown) => Promise<unknown> }) => Promise<void>) {
    const sim = new Simulation({ foreignWaits: 'forbid' });
    const graph = new Graph({ name: 'test', logLevel: 'silent', ports: sim.ports });
    const go: Channel<number> = graph.channel<number>('go', { capacity: 1 });
    const definition = defineActor({ inputs: { go: input<number>() }, on: { go: (_, ctx) => handler(ctx) } });
    graph.actor('worker', definition, { go });
    graph.start();
    go.trySend(1);
    return sim;
  }

  test('is found, and whoever waits for it is named', async () => {
    const error = await place(() => never)
      .settle()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).toMatchObject({
      code: 'ERR_SIM_FOREIGN_WAIT',
      details: { graph: 'test', part: 'worker', awaits: 'a turn that awaits something outside Holdfast' },
    });
  });

  test('is found behind an effect as well, with its name', async () => {
    const sim = place(async ({ effect }) => void (await effect('fetch', () => never)));
    await expect(sim.settle()).rejects.toMatchObject({ details: { awaits: 'a turn that awaits effect "fetch"' } });
  });

  test('is found behind a sink', async () => {
    const sim = new Simulation({ foreignWaits: 'forbid' });
    const graph = new Graph({ name: 'test', logLevel: 'silent', ports: sim.ports });
    const go = graph.channel<number>('go', { capacity: 1 });
    graph.sink('disk', go, () => never);
    graph.start();
    go.trySend(1);
    await expect(sim.settle()).rejects.toMatchObject({
      details: { part: 'disk', awaits: 'a write that has not finished' },
    });
  });

  test('promises that settle by themselves are no wait, however many there are', async () => {
    let turns = 0;
    const sim = place(async () => {
      for (let step = 0; step < 1_000; step += 1) await Promise.resolve();
      turns += 1;
    });
    await sim.settle();
    expect(turns).toBe(1);
  });

  test('a sleep on the clock of the simulation is none either', async () => {
    let turns = 0;
    const sim: Simulation = place(async ({ effect }) => {
      await effect('sleep', () => sim.clock.sleep(50));
      turns += 1;
    });
    await sim.advance(49);
    expect([turns, sim.clock.sleepers]).toEqual([0, 1]);
    await sim.advance(1);
    expect([turns, sim.clock.sleepers]).toEqual([1, 0]);
  });
});

describe('effects', () => {
  function place(run: () => unknown = () => 'real') {
    const sim = new Simulation({ foreignWaits: 'forbid' });
    const actorDefaults = { maxRestarts: Infinity };
    const graph = new Graph({ name: 'test', logLevel: 'silent', ports: sim.ports, actorDefaults });
    const go = graph.channel<number>('go', { capacity: 4 });
    const answers: unknown[] = [];
    const definition = defineActor({
      inputs: { go: input<number>() },
      on: {
        async go(number, { effect }) {
          answers.push(await effect('ask', run).catch((error: unknown) => String(error)), number);
        },
      },
    });
    graph.actor('asker', definition, { go });
    graph.start();
    return { sim, go, answers };
  }

  test('are real where nobody plays them', async () => {
    const { sim, go, answers } = place();
    go.trySend(1);
    await sim.settle();
    expect(answers).toEqual(['real', 1]);
  });

  test('are played by a script, that for an actor before that for all', async () => {
    const { sim, go, answers } = place();
    sim.effects.script('ask', ({ actor, attempt }) => `${actor} ${attempt}`);
    go.trySend(1);
    await sim.settle();
    sim.effects.script({ actor: 'asker', name: 'ask' }, async ({ run }) => {
      await sim.clock.sleep(10);
      return [await run()];
    });
    go.trySend(2);
    await sim.advance(10);
    sim.effects.script({ actor: 'asker', name: 'ask' }, () => {
      throw new TypeError('no');
    });
    go.trySend(3);
    await sim.settle();
    expect(answers).toEqual(['asker 1', 1, ['real'], 2, 'TypeError: no', 3]);
  });

  test('are recorded and replayed, failures too', async () => {
    let calls = 0;
    const recorded = place(() => {
      calls += 1;
      if (calls === 2) throw new RangeError('second');
      return { calls };
    });
    recorded.sim.effects.record();
    for (const number of [1, 2, 3]) recorded.go.trySend(number);
    await recorded.sim.settle();
    const { recording } = recorded.sim.effects;
    expect(recording.map(({ actor, name, call, outcome }) => [actor, name, call, outcome.kind])).toEqual([
      ['asker', 'ask', 0, 'returned'],
      ['asker', 'ask', 1, 'threw'],
      ['asker', 'ask', 2, 'returned'],
    ]);
    const replayed = place(() => 'never asked');
    replayed.sim.effects.replay(JSON.parse(JSON.stringify(recording)) as typeof recording);
    for (const number of [1, 2, 3, 4]) replayed.go.trySend(number);
    await replayed.sim.settle();
    expect(replayed.answers).toEqual([
      ...recorded.answers,
      'Error: call 3 of effect "ask" by actor "asker" is not in the recording',
      4,
    ]);
  });
});

test('a wait for what can never come names what has not ended, and what holds it', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'test', logLevel: 'silent', ports: sim.ports });
  const go = graph.channel<number>('go', { capacity: 1 });
  graph.actor(
    'idle',
    defineActor({
      async run({ next, until }) {
        await next(until(new Promise(() => undefined)));
      },
    }),
    {},
  );
  graph.sink('end', go, () => undefined);
  graph.start();
  await expect(sim.runUntil(graph.stopped())).rejects.toMatchObject({
    code: 'ERR_SIM_STUCK',
    details: {
      waiting: [
        { kind: 'actor', name: 'idle', heldBy: 'waiting for until(promise)' },
        { kind: 'sink', name: 'end', heldBy: '"go" to close' },
      ],
    },
  });
});

test('the wall clock steps, and monotonic time does not', async () => {
  const sim = new Simulation();
  const before = sim.clock.wallMs();
  sim.clock.stepWallClock(-3_600_000);
  await sim.advance(1_000);
  expect([sim.clock.wallMs() - before, sim.clock.nowMs()]).toEqual([-3_599_000, 1_000]);
});
