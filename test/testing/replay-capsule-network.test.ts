/** Whatever fails in a graph of all styles fails again from its capsule. */
import { type ActorDefinition, defineActor, Graph, input, inputBundle, output, outputBundle, table } from 'holdfast';
import { replayCapsule, SCHEDULES, Simulation } from 'holdfast/testing';
import { expect, test } from 'vitest';

/** Fails now and then, with what it knows in the message. */
function failSometimes(random: () => number, ...known: readonly unknown[]): void {
  const number = random();
  if (number < 0.15) throw new Error(`${number} ${JSON.stringify(known)}`);
}

const source = defineActor({
  outputs: { lanes: outputBundle<number>() },
  state: () => ({ next: 0 }),
  source({ outputs, state, random, attempt, turnId }) {
    outputs.lanes.send(state.next);
    state.next += 1;
    failSometimes(random, state, attempt, turnId);
    return state.next === 60 ? 'done' : 'more';
  },
});

const merging = defineActor({
  inputs: { lanes: inputBundle<number>() },
  outputs: { numbers: output<number>() },
  state: () => ({ sum: 0, byLane: new Map<number, number>() }),
  async run({ inputs: { lanes }, outputs: { numbers }, state, running, next, ...context }) {
    const { random, effect, nowMs } = context;
    while (running()) {
      const result = await next(lanes.avail());
      const number = lanes.take();
      if (number === undefined) continue;
      state.sum += number;
      state.byLane.set(result.lane, number);
      numbers.send(number);
      if (random() < 0.3) numbers.send(await effect('negate', () => Promise.resolve(-number)));
      failSometimes(random, result, number, state.sum, [...state.byLane], nowMs());
    }
  },
});

const adding = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { sums: output<{ readonly sum: number }>() },
  tables: { seen: table<number, bigint>() },
  async run({ inputs: { numbers }, outputs: { sums }, tables: { seen }, running, next, tryNext, any, after, random }) {
    while (running()) {
      const condition = any(numbers.avail(2), after(10));
      if (tryNext(condition) === undefined) await next(condition);
      const taken = numbers.takeMany(random() < 0.5 ? 1 : 3);
      for (const number of taken) seen.set(number, BigInt(seen.size));
      if (taken.length > 0) sums.send({ sum: taken.reduce((sum, number) => sum + number, 0) });
      failSometimes(random, taken, seen.size, numbers.isEmpty());
    }
  },
});

const logging = defineActor({
  inputs: { sums: input<{ readonly sum: number }>({ batch: { size: 3, timeoutMs: 20 } }) },
  state: () => ({ count: 0, total: 0 }),
  on: {
    async sums(batch, { state, random, effect, messageIds, attempt, regeneration, wallMs }) {
      state.count += batch.length;
      state.total += batch.reduce((total, { sum }) => total + sum, 0);
      const answers = await Promise.all(batch.map(({ sum }) => effect('write', () => sum)));
      failSometimes(random, batch, messageIds, attempt, regeneration, state, answers, wallMs());
    },
  },
  onDrained({ state, random }) {
    failSometimes(random, 'drained', state);
  },
});

const definitions: Readonly<Record<string, unknown>> = { source, merging, adding, logging };

test.each(SCHEDULES.flatMap((schedule) => [1, 2, 3].map((seed) => ({ schedule, seed }))))(
  'every failure of a random run comes again ($schedule, seed $seed)',
  async ({ schedule, seed }) => {
    const sim = new Simulation({ seed, schedule });
    const graph = new Graph({
      name: 'network',
      ports: sim.ports,
      logLevel: 'silent',
      actorDefaults: { maxRestarts: Infinity, isolate: seed === 2 },
      capsules: { folder: 'capsules', payloads: true, perMinuteMax: 10_000, filesMax: 10_000 },
    });
    const lanes = graph.bundle<number>('lanes', { lanes: 3, capacity: 2 });
    const numbers = graph.channel<number>('numbers', { capacity: 4 });
    const sums = graph.channel<{ readonly sum: number }>('sums', { capacity: 3 });
    graph.actor('source', source, { lanes });
    graph.actor('merging', merging, { lanes, numbers });
    graph.actor('adding', adding, { numbers, sums });
    graph.actor('logging', logging, { sums });
    graph.start();
    await sim.runUntil(graph.stopped());
    const { capsules } = sim;
    expect(new Set(capsules.map(({ actor }) => actor)).size).toBeGreaterThan(2);
    const missed: string[] = [];
    for (const capsule of JSON.parse(JSON.stringify(capsules)) as typeof capsules) {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any definition
      const definition = definitions[capsule.actor] as ActorDefinition<any, any, any, any, any, any>;
      const { outcome, error, differences, waitsFor } = await replayCapsule(definition, capsule, { failure: 'report' });
      if (outcome === 'same' && differences.length === 0) continue;
      missed.push(`${capsule.actor} ${outcome} ${waitsFor ?? String(error)} ${capsule.error.message} ${differences.join()}`); // prettier-ignore
    }
    expect(missed).toEqual([]);
  },
);
