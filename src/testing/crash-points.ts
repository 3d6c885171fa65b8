import type { CrashPoint } from '../actor/runtime.ts';

/**
 * A step of a turn at which something can be made to go wrong: a call of the context, a phase of a commit, or code of a user. A
 * slice is the moment between two of the run queue, and nobody's.
 */
export type StepPoint = CrashPoint | 'user code' | 'slice';

/**
 * What can happen at each point. Where code of a user runs, or may, it can throw; past the point where a commit is certain
 * nothing may fail any more, and an actor can only be killed, which comes when its slice has ended.
 */
export const STEP_POINTS: Readonly<Record<StepPoint, 'throw' | 'kill'>> = Object.freeze({
  'user code': 'throw',
  begin: 'throw',
  peek: 'throw',
  take: 'throw',
  reject: 'throw',
  send: 'throw',
  cast: 'throw',
  reply: 'throw',
  call: 'throw',
  request: 'throw',
  close: 'throw',
  next: 'throw',
  pause: 'throw',
  commit: 'throw',
  tryNext: 'throw',
  running: 'throw',
  effect: 'throw',
  exit: 'throw',
  requestShutdown: 'throw',
  'table.get': 'throw',
  'table.has': 'throw',
  'table.set': 'throw',
  'table.delete': 'throw',
  'table.clear': 'throw',
  'table.size': 'throw',
  'table.iterate': 'throw',
  'timer.set': 'throw',
  'timer.cancel': 'throw',
  'timer.has': 'throw',
  watch: 'throw',
  unwatch: 'throw',
  publish: 'throw',
  subscribe: 'throw',
  unsubscribe: 'throw',
  link: 'throw',
  unlink: 'throw',
  join: 'throw',
  leave: 'throw',
  spawn: 'throw',
  stopChild: 'throw',
  children: 'throw',
  'commit:decided': 'throw',
  'commit:waitForRoom': 'throw',
  'commit:beforeState': 'throw',
  'commit:roomFound': 'kill',
  'commit:afterState': 'kill',
  'commit:betweenPublications': 'kill',
  'commit:published': 'kill',
  'deadLetter:waitForRoom': 'kill',
  'deadLetter:append': 'kill',
  'timer.fire': 'kill',
  restart: 'kill',
  'hook:start': 'throw',
  'hook:stop': 'throw',
  'hook:childEvent': 'throw',
  slice: 'kill',
});
