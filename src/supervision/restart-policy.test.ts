import { expect, test } from 'vitest';
import type { Exit } from '../actor/events.ts';
import { shouldRestart } from './restart-policy.ts';

const CRASH: Exit = { kind: 'crashed', error: new Error('boom') };

test.each([
  ['permanent', { crashed: true, killed: true, normal: true, shutdown: true, completed: false }],
  ['transient', { crashed: true, killed: true, normal: false, shutdown: false, completed: false }],
  ['temporary', { crashed: false, killed: false, normal: false, shutdown: false, completed: false }],
] as const)('%s comes back after: %o', (restart, expected) => {
  const exits: Exit[] = [CRASH, ...(['killed', 'normal', 'shutdown', 'completed'] as const).map((kind) => ({ kind }))];
  expect(Object.fromEntries(exits.map((exit) => [exit.kind, shouldRestart(restart, exit)]))).toEqual(expected);
});
