import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Graph } from '../system/graph.ts';
import { STEP_POINTS, type StepPoint } from './crash-points.ts';
import { type Moment, momentKey } from './faults.ts';
import { type StepFault, StepFaults } from './step-faults.ts';

/** Of actors without channels: all moments of one actor at one point are of one class. */
const bare = { backstage: { cells: new Map() } } as unknown as Graph;

const points = Object.keys(STEP_POINTS) as StepPoint[];
const moments = fc
  .array(
    fc.record({ actor: fc.constantFrom('a', 'b'), point: fc.constantFrom(...points.slice(0, 12), 'restart' as const) }),
  )
  .map((steps) => {
    const counts = new Map<string, number>();
    return steps.map(({ actor, point }): Moment => {
      const occurrence = (counts.get(`${actor} ${point}`) ?? 0) + 1;
      counts.set(`${actor} ${point}`, occurrence);
      return { actor, point, occurrence };
    });
  });

function faultsOf(which: 'everyStep' | 'everyClass', visited: readonly Moment[]): StepFault[] {
  const faults = new StepFaults(which);
  for (const moment of visited) faults.visited(moment, bare);
  return [...faults.all()];
}

const textOf = ({ fault }: StepFault): string => ('at' in fault ? `${fault.kind} ${momentKey(fault.at)}` : fault.kind);
const crashesAt = (moment: Moment): string[] => [
  ...(STEP_POINTS[moment.point] === 'throw' ? [`crash ${momentKey(moment)}`] : []),
  `kill ${momentKey(moment)}`,
];

test('every step is crashed once, by a throw where code may throw, and by a kill', () => {
  fc.assert(
    fc.property(moments, (visited) => {
      const planned = faultsOf('everyStep', visited).map(textOf);
      expect(planned.toSorted()).toEqual(visited.flatMap(crashesAt).toSorted());
    }),
  );
});

test('of each class the first, a middle and the last moment are crashed, and are said to be that', () => {
  fc.assert(
    fc.property(moments, (visited) => {
      const faults = faultsOf('everyClass', visited);
      const classes = new Map<string, Moment[]>();
      for (const moment of visited) {
        const key = `${moment.actor} ${moment.point}`;
        classes.set(key, [...(classes.get(key) ?? []), moment]);
      }
      const chosen = new Set<string>();
      for (const members of classes.values()) {
        const places = { first: 0, middle: members.length >> 1, last: members.length - 1 } as const;
        for (const [place, index] of Object.entries(places)) {
          for (const text of crashesAt(members[index] as Moment)) {
            chosen.add(text);
            expect(faults.find((fault) => textOf(fault) === text)?.places).toContain(place);
          }
        }
      }
      expect(faults.map(textOf).toSorted()).toEqual([...chosen].toSorted());
    }),
  );
});
