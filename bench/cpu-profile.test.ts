import type { Profiler } from 'node:inspector';
import { expect, test } from 'vitest';
import { renderSelfTimes, selfTimes } from './cpu-profile.ts';

function node(id: number, functionName: string, url: string): Profiler.ProfileNode {
  return { id, callFrame: { functionName, scriptId: '1', url, lineNumber: 9, columnNumber: 0 } };
}

const profile: Profiler.Profile = {
  nodes: [
    node(1, '(root)', ''),
    node(2, 'work', 'file:///out/a.js'),
    node(3, 'work', 'file:///out/a.js'),
    node(4, '', ''),
  ],
  startTime: 0,
  endTime: 1_000,
  samples: [2, 3, 4, 2],
  timeDeltas: [100, 300, 500, 100],
};

test('a function that was called in two ways is one function', () => {
  expect(selfTimes(profile)).toEqual([
    { name: 'work', place: 'file:///out/a.js:10', us: 500 },
    { name: '(anonymous)', place: '', us: 500 },
  ]);
});

test('the table has shares of the whole time, and places below the directory', () => {
  expect(renderSelfTimes(profile, '/out')).toContain('| work        | a.js:10 |     50.0% | 0.5 |');
});
