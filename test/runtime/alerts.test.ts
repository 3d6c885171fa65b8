/** Alerts: somebody is told, once, when a child restarts too often. */
import { expect, test } from 'vitest';
import { defineActor, Graph, input, type RestartAlarm, type SpawnedActor } from '../../src/index.ts';
import { type CapturedLog, capturedLog, Simulation } from '../../src/testing/index.ts';

const risk = defineActor({
  inputs: { mailbox: input<'crash'>({ capacity: 8 }) },
  on: {
    mailbox() {
      throw new Error('invalid market state');
    },
  },
});

interface Desk {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly risk: SpawnedActor<(typeof risk)['inputs']>;
  readonly log: CapturedLog;
  /** What happened to the actor and the alerts, with the times. */
  readonly trace: string[];
}

function desk(notify: (alarm: RestartAlarm, desk: Desk) => unknown): Desk {
  const sim = new Simulation();
  const log = capturedLog();
  const graph = new Graph({ name: 'desk', ports: sim.ports, log });
  const trace: string[] = [];
  const at = (text: string): void => void trace.push(`${sim.clock.nowMs()} ${text}`);
  const alert = { moreThan: 2, withinMs: 60_000, notify: (alarm: RestartAlarm) => notify(alarm, world) as void };
  const limits = { showstopperAfter: 1, maxRestarts: Infinity, alert };
  const actor = graph.spawn('risk', risk, {}, limits);
  const world: Desk = { sim, graph, risk: actor, log, trace };
  graph.subscribe((event) => {
    if (event.kind === 'actorStarted') at(`+${event.regeneration + 1}`);
    if (event.kind === 'restartAlert') at(`alert over ${event.moreThan} in ${event.withinMs}`);
  });
  graph.start();
  return world;
}

async function crash({ sim, risk: actor }: Desk, atMs: number): Promise<void> {
  await sim.advance(atMs - sim.clock.nowMs());
  actor.tryCast('crash');
  await sim.settle();
}

test('B12: one alert at the third restart within the window, again after it has passed, and restarts go on', async () => {
  const notified: string[] = [];
  const world = desk(({ actor, moreThan, withinMs }, { sim }) => {
    notified.push(`${sim.clock.nowMs()} ${actor} over ${moreThan} in ${withinMs}`);
  });
  await world.sim.settle();
  for (const atMs of [1_000, 20_000, 40_000, 50_000, 200_000, 201_000, 202_000]) await crash(world, atMs);
  expect(world.trace).toEqual([
    '0 +1',
    '1000 +2',
    '20000 +3',
    '40000 alert over 2 in 60000',
    '40000 +4',
    '50000 +5', // still too often, and told already
    '200000 +6',
    '201000 +7',
    '202000 alert over 2 in 60000',
    '202000 +8',
  ]);
  expect(notified).toEqual(['40000 risk over 2 in 60000', '202000 risk over 2 in 60000']);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no pager');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no pager'))],
] as const)('B12: what is notified and %s is logged, and changes nothing', async (_, fails) => {
  const world = desk(fails);
  await world.sim.settle();
  for (const atMs of [1, 2, 3]) await crash(world, atMs);
  expect(world.trace.at(-1)).toBe('3 +4');
  expect(world.log.lines.filter(({ level }) => level === 'error').at(-1)?.fields['err']).toEqual(new Error('no pager'));
});

test('B12: what is notified is outside all turns: it may send, and stop the graph', async () => {
  const world = desk((_, { graph, risk: actor }) => {
    actor.tryCast('crash');
    graph.requestShutdown('too many restarts');
  });
  await world.sim.settle();
  for (const atMs of [1, 2, 3]) await crash(world, atMs);
  await world.sim.runUntil(world.graph.stopped());
  expect(world.trace.at(-1)).toBe('3 +5'); // the one that it sent is worked off first
});

test('an alert is checked where the actor is placed', () => {
  const { graph } = desk(() => undefined);
  const place = (alert: object): unknown => {
    const building = new Graph({ name: 'other', ports: new Simulation().ports });
    return building.spawn('risk', risk, {}, { alert: alert as never });
  };
  expect(graph.name).toBe('desk');
  expect(() => place({ moreThan: -1, withinMs: 1 })).toThrow('alert.moreThan must be an integer of 0 or more, got -1');
  expect(() => place({ moreThan: 1, withinMs: 0 })).toThrow('alert.withinMs must be a number of 1 or more, got 0');
  expect(() => place({ moreThan: 1, withinMs: 1, notify: 1 })).toThrow('alert.notify must be a function');
  expect(() => place({ moreThan: 1, withinMs: 1, often: 1 })).toThrow('unknown option "often"');
});
