/** Errors that go astray at random moments of the lessons: each is laid to its actor, and nothing is lost or doubled. */
import type { Graph } from 'holdfast';
import { Coverage, type Explored, explore, type World } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { lesson, LESSONS, type Setting, STYLES } from './lessons.ts';
import { EFFORT, times } from './support.ts';

/** The lesson as the main job of its process. */
function inProcess(setting: Setting, told: string[]) {
  return (world: World): Explored => {
    const run = (graph: Graph): void => void graph.run().catch(() => undefined);
    const explored = lesson(setting, run)(world);
    const { graph } = explored;
    const misjudged: string[] = [];
    graph.subscribe((event) => {
      if (event.kind !== 'stray') return;
      told.push(event.actor ?? 'nobody');
      const text = (event.error as Error).message;
      if (text !== `astray in "${event.actor}"`) misjudged.push(`${text}: laid to ${event.actor}`);
    });
    return {
      ...explored,
      verify: () => {
        const status = world.sim.host.exitStatus;
        return [
          ...misjudged,
          ...(status === undefined ? [] : [`exit status ${status}`]),
          ...(explored.verify?.() ?? []),
        ];
      },
    };
  };
}

for (const name of LESSONS) {
  test(
    `${name}: stray errors lose, double and reorder nothing, and find their actors`,
    async () => {
      const coverage = new Coverage();
      const told: string[] = [];
      for (const style of STYLES) {
        for (const capacity of name === 'minimum' ? [1] : [1, 3]) {
          const build = inProcess({ lesson: name, style, capacity, showstopperAfter: 20 }, told);
          const options = {
            seeds: times(20),
            kinds: ['stray'],
            faultsPerRun: 4,
            spare: 0,
            budgetMs: Infinity,
          } as const;
          coverage.add((await explore(build, options)).coverage);
        }
      }
      expect(told.length).toBe(coverage.faults.stray);
      expect(told.length).toBeGreaterThan(coverage.runs);
    },
    120_000 * Math.max(1, EFFORT),
  );
}
