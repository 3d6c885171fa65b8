import { MessageFreezer } from '../base/plain-data.ts';
import { expect, test } from 'vitest';
import { OutputEnd } from './output-end.ts';
import { Ring } from './ring.ts';

function endWith(capacity: number): { end: OutputEnd; poisons: Error[]; uses: number } {
  const seen = { poisons: [] as Error[], uses: 0 };
  const user = {
    useOutput: () => void (seen.uses += 1),
    markSpecial: () => undefined,
    stageMisfit: () => undefined,
    poisoned: (error: Error) => {
      seen.poisons.push(error);
      return error;
    },
  };
  return Object.assign(seen, { end: new OutputEnd(user, 'out', new Ring('numbers', capacity), new MessageFreezer()) });
}

test('stages as many as the channel can hold; one more throws and poisons the turn', () => {
  const seen = endWith(2);
  seen.end.stage(1);
  seen.end.stage(2);
  expect(() => seen.end.stage(3)).toThrow(/holds 2 messages at the most, 3 can never fit/);
  expect(seen.poisons).toMatchObject([{ code: 'ERR_OVER_CAPACITY', details: { channel: 'numbers', asked: 3 } }]);
  expect([seen.end.count, seen.end.ring.size]).toEqual([2, 0]);
});

test('refuses undefined, and anything after close', () => {
  const seen = endWith(2);
  expect(() => seen.end.stage(undefined)).toThrow(/undefined was sent to channel "numbers"/);
  seen.end.stageClose();
  seen.end.stageClose();
  expect(() => seen.end.stage({ secret: 1 })).toThrow(/^channel "numbers" is closed for this sender$/);
  expect(seen.poisons.map((error) => (error as { code?: string }).code)).toEqual([
    'ERR_UNDEFINED_MESSAGE',
    'ERR_CHANNEL_CLOSED',
  ]);
});

test('clear forgets messages and a staged close, and keeps no message alive', () => {
  const { end } = endWith(2);
  end.stage('a');
  end.stageClose();
  end.clear();
  expect([end.count, end.closing, end.staged[0]]).toEqual([0, false, undefined]);
  end.stage('b');
  expect(end.count).toBe(1);
});
