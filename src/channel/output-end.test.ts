import fc from 'fast-check';
import { MessageFreezer } from '../base/plain-data.ts';
import { describe, expect, test } from 'vitest';
import { OutputEnd } from './output-end.ts';
import type { Replayable } from './port.ts';
import type { Request } from './requests.ts';
import { Ring } from './ring.ts';

interface Seen {
  readonly end: OutputEnd;
  readonly poisons: Error[];
  uses: number;
}

function endWith(capacity: number, freezer: MessageFreezer | null = new MessageFreezer()): Seen {
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
  return Object.assign(seen, { end: new OutputEnd(user, 'out', new Ring('numbers', capacity), freezer) });
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

const contents = ({ ring }: OutputEnd): unknown[] => ring.slice(0, ring.size);

describe('many at once', () => {
  class Countdown extends Array<number> {
    override *[Symbol.iterator](): ArrayIterator<number> {
      for (let n = this.length; n > 0; n -= 1) yield n;
    }
  }
  class Counted extends Array<number> {
    static made = 0;
    constructor(...items: number[]) {
      super(...items);
      Counted.made += 1;
    }
  }
  const forms: Record<string, (messages: readonly unknown[]) => Iterable<unknown>> = {
    array: (messages) => [...messages],
    generator: (messages) => messages.values(),
  };
  const message = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.record({ id: fc.nat() }), fc.constant(null));
  const step = fc.oneof(
    fc.record({ kind: fc.constant('one' as const), messages: fc.tuple(message) }),
    fc.record({
      kind: fc.constant('many' as const),
      messages: fc.array(message, { maxLength: 5 }),
      form: fc.constantFrom(...Object.keys(forms)),
    }),
    fc.record({ kind: fc.constantFrom('publish' as const, 'clear' as const), messages: fc.constant([]) }),
  );

  test.each([
    ['frozen', new MessageFreezer()],
    ['as they are', null],
  ])('agrees with a plain list, in any order with single messages and ends of turns: %s', (_, freezer) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { end, poisons } = endWith(12, freezer);
        let staged: unknown[] = [];
        let published: unknown[] = [];
        for (const { kind, messages, ...rest } of steps) {
          if (kind === 'publish') {
            end.ring.drop(end.ring.size); // it never has room for less than a turn can send
            end.publish();
            [published, staged] = [staged, []];
          } else if (kind === 'clear') {
            end.clear();
            staged = [];
          } else if (staged.length + messages.length > 12) {
            expect(() => end.stageMany([...messages])).toThrow(/holds 12 messages at the most/);
            expect(poisons.splice(0)[0]).toMatchObject({ code: 'ERR_OVER_CAPACITY' });
            end.clear();
            staged = [];
          } else {
            if (kind === 'one') end.stage(messages[0]);
            else end.stageMany(forms[(rest as { form: string }).form]?.(messages) as Iterable<unknown>);
            staged.push(...messages);
          }
          expect([end.count, end.staged.slice(0, end.count), contents(end)]).toEqual([
            staged.length,
            staged,
            published,
          ]);
          for (const sent of freezer === null ? [] : staged) expect(Object.isFrozen(sent)).toBe(true);
        }
        end.clear();
        expect(end.staged.filter((left) => left !== undefined)).toEqual([]);
      }),
    );
  });

  test('are those that the array had when it was sent', () => {
    const { end } = endWith(8, null);
    const messages = [1, 2, 3];
    end.stageMany(messages);
    messages[0] = 9;
    messages.push(4);
    end.stage(5);
    end.publish();
    expect(messages).toEqual([9, 2, 3, 4]);
    expect(contents(end)).toEqual([1, 2, 3, 5]);
  });

  test('are read as the array iterates', () => {
    const { end } = endWith(8);
    end.stageMany(Countdown.of(0, 0, 0));
    end.stageMany(Object.assign([7, 8], { [Symbol.iterator]: () => [9].values() }));
    end.stageMany(new Proxy([4, 5], {}));
    end.stageMany(Counted.of(6, 7));
    end.publish();
    expect(contents(end)).toEqual([3, 2, 1, 9, 4, 5, 6, 7]);
    expect(Counted.made).toBe(1);
  });

  test.each<[string, Iterable<unknown>, string]>([
    ['undefined among them', [1, undefined, 2], 'ERR_UNDEFINED_MESSAGE'],
    // eslint-disable-next-line no-sparse-arrays -- a hole is what is tested
    ['a hole among them', [1, , 2], 'ERR_UNDEFINED_MESSAGE'],
    ['more than the channel holds', [1, 2, 3, 4, 5], 'ERR_OVER_CAPACITY'],
    ['an array without end, nearly', new Array<number>(2 ** 32 - 1), 'ERR_OVER_CAPACITY'],
  ])('are refused with %s, and the turn is poisoned', (_, messages, code) => {
    const seen = endWith(4);
    expect(() => seen.end.stageMany(messages)).toThrow(expect.objectContaining({ code }));
    expect(seen.poisons).toMatchObject([{ code }]);
  });

  test('count with those that are staged already', () => {
    const seen = endWith(4);
    seen.end.stageMany([1, 2]);
    expect(() => seen.end.stageMany([3, 4, 5])).toThrow(/holds 4 messages at the most, 5 can never fit/);
    expect(seen.uses).toBe(1);
  });

  test('are refused after close; none are not', () => {
    const seen = endWith(4);
    seen.end.stageClose();
    seen.end.stageMany([]);
    expect(seen.poisons).toEqual([]);
    expect(() => seen.end.stageMany(['a', 'b'])).toThrow(
      expect.objectContaining({ code: 'ERR_CHANNEL_CLOSED', details: { channel: 'numbers', undelivered: 'a' } }),
    );
    expect(seen.poisons).toHaveLength(1);
  });

  test('a getter in the array may send, or throw', () => {
    const seen = endWith(3);
    const { end } = seen;
    const arrayWith = (get: () => unknown): unknown[] => Object.defineProperty([1, 2], 1, { enumerable: true, get });
    const sending = arrayWith(() => {
      end.stage('sent within');
      return 2;
    });
    end.stageMany(sending);
    expect(end.staged.slice(0, end.count)).toEqual(['sent within', 1, 2]);
    end.clear();
    end.stage('sent before');
    expect(() => end.stageMany(sending)).toThrow(/holds 3 .*, 4 can never fit/);
    expect(seen.poisons.splice(0)).toHaveLength(1);
    end.clear();
    expect(() => end.stageMany(arrayWith(() => expect.fail('torn')))).toThrow('torn');
    expect(seen.poisons).toMatchObject([{ message: 'torn' }]);
  });
});

describe('messages of which only the commit knows whether they go out', () => {
  type Step = { readonly kind: 'stage' | 'replay' | 'request' | 'late' };
  const steps = fc.array(fc.constantFrom<Step['kind']>('stage', 'replay', 'request', 'late'), { maxLength: 12 });

  test('find their places among the others, which keep what is said of them', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.boolean()), fc.boolean(), (kinds, fits, isBlock) => {
        const { end } = endWith(100, null);
        const expected: unknown[] = [];
        const origins: string[] = [];
        const requests: number[] = [];
        const late: { place: number; message: unknown }[] = [];
        if (isBlock) {
          end.stageMany(['x', 'y']);
          expected.push('x', 'y');
        }
        for (const [n, kind] of kinds.entries()) {
          if (kind !== 'late') expected.push(n);
          if (kind === 'late') {
            const [isIn] = fits.take(1);
            const prepared = end.prepare(n);
            if (isIn === true) late.push({ place: end.count, message: prepared });
            if (isIn === true) expected.push(n);
          } else if (kind === 'replay') {
            origins.push(`${expected.length - 1}:m${n}`);
            end.stageReplay({ messageId: `m${n}`, payload: n } as Replayable, undefined);
          } else {
            if (kind === 'request') requests.push(expected.length - 1);
            end.stage(n);
            if (kind === 'request') end.markRequest(end.count - 1, {} as Request);
          }
        }
        end.insert(late);
        expect(end.staged.slice(0, end.count)).toEqual(expected);
        expect([...(end.origins ?? [])].map(([place, origin]) => `${place}:${origin}`)).toEqual(origins);
        expect([...(end.requests?.keys() ?? [])]).toEqual(requests);
      }),
    );
  });

  test('are checked when they are staged', () => {
    const seen = endWith(2);
    const frozen = seen.end.prepare({ a: 1 });
    expect(Object.isFrozen(frozen)).toBe(true);
    expect([seen.uses, seen.end.count]).toEqual([1, 0]);
  });
});
