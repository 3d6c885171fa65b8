/** Guarantees of docs/semantics.md that concern a whole graph and have no other home. */
import { defineActor, Graph, input, output } from 'holdfast';
import { type Schedule, Simulation } from 'holdfast/testing';
import { expect, test } from 'vitest';

/** Fails now and then, by randomness of its own. */
const source = defineActor({
  outputs: { numbers: output<number>() },
  state: () => ({ sent: 0 }),
  source({ outputs, state, random }) {
    outputs.numbers.send(state.sent);
    state.sent += 1;
    if (random() < 0.05) throw new Error('source');
    return state.sent === 40 ? 'done' : 'more';
  },
});

const relay = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { out: output<number>() },
  state: () => ({ sum: 0 }),
  async run({ inputs: { numbers }, outputs: { out }, state, running, next, random, effect, any, after }) {
    while (running()) {
      await next(any(numbers.avail(), after(5)));
      for (const number of numbers.takeMany(2)) {
        state.sum += number;
        out.send(await effect('wait', () => Promise.resolve(number)));
      }
      if (random() < 0.1) throw new Error('relay');
    }
  },
});

const adder = defineActor({
  inputs: { left: input<number>(), right: input<number>() },
  state: () => ({ left: 0, right: 0, count: 0 }),
  on: {
    left(number, { state }) {
      state.left += number;
      state.count += 1;
    },
    async right(number, { state, random }) {
      await Promise.resolve();
      state.right += number;
      state.count += 1;
      if (random() < 0.1) throw new Error('adder');
    },
  },
});

interface Run {
  readonly trace: readonly string[];
  /** Counters and states at the end. */
  readonly end: string;
}

/** `watched`: listen to every event, and take a snapshot at each. */
async function run(seed: number, { watched, schedule }: { watched: boolean; schedule: Schedule }): Promise<Run> {
  const sim = new Simulation({ seed, schedule });
  const actorDefaults = { maxRestarts: Infinity, showstopperAfter: Infinity };
  const graph = new Graph({ name: 'test', ports: sim.ports, logLevel: 'silent', actorDefaults });
  const channel = (name: string, capacity: number) => graph.channel<number>(name, { capacity });
  const [one, two, left, right] = [channel('one', 2), channel('two', 2), channel('left', 2), channel('right', 2)];
  graph.actor('first source', source, { numbers: one });
  graph.actor('second source', source, { numbers: two });
  graph.actor('left relay', relay, { numbers: one, out: left });
  graph.actor('right relay', relay, { numbers: two, out: right });
  graph.actor('adder', adder, { left, right });
  const trace: string[] = [];
  if (watched) {
    graph.subscribe((event) => {
      const actor = 'actor' in event ? event.actor : '';
      trace.push(`${sim.clock.nowMs()} ${event.kind} ${actor} ${JSON.stringify(graph.snapshot())}`);
    });
  }
  graph.start();
  await sim.runUntil(graph.stopped());
  return { trace, end: `${sim.clock.nowMs()} ${JSON.stringify(graph.snapshot())}` };
}

test('the same seed gives the same trace, and another seed another one', async () => {
  const first = await run(1, { watched: true, schedule: 'random' });
  expect(first.trace.length).toBeGreaterThan(10);
  expect(await run(1, { watched: true, schedule: 'random' })).toEqual(first);
  expect(await run(2, { watched: true, schedule: 'random' })).not.toEqual(first);
});

// In order of arrival: events are handed out by the run queue, so in a shuffled simulation they take part in the draw.
test.each([1, 2, 3, 4, 5])('listening to all events and taking snapshots changes nothing (seed %i)', async (seed) => {
  const watched = await run(seed, { watched: true, schedule: 'fair' });
  expect((await run(seed, { watched: false, schedule: 'fair' })).end).toBe(watched.end);
});

test.each([1, 2, 3, 4, 5])('nor does it when the order of actors is shuffled (seed %i)', async (seed) => {
  const watched = await run(seed, { watched: true, schedule: 'random' });
  expect((await run(seed, { watched: false, schedule: 'random' })).end).toBe(watched.end);
});

test('after any number of restarts the state is the sum of what was taken, and the channels are empty', async () => {
  const { end } = await run(3, { watched: true, schedule: 'random' });
  const snapshot = JSON.parse(end.slice(end.indexOf(' ') + 1)) as ReturnType<Graph['snapshot']>;
  const actor = (name: string) => snapshot.actors.find((each) => each.name === name);
  const sum = (39 * 40) / 2;
  expect(actor('adder')?.state).toEqual({ left: sum, right: sum, count: 80 });
  expect(actor('left relay')?.state).toEqual({ sum });
  expect(actor('left relay')?.regeneration).toBeGreaterThan(0);
  expect(actor('left relay')?.regeneration).toBe(actor('left relay')?.restarts);
  for (const { sent, taken, inFlight } of snapshot.channels) expect([sent, taken, inFlight]).toEqual([40, 40, 0]);
});
