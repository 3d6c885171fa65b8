import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AllCondition,
  AnyCondition,
  AvailCondition,
  type Condition,
  type DueBeat,
  VacantCondition,
} from './condition.ts';
import { InputEnd } from './input-end.ts';
import { OutputEnd } from './output-end.ts';
import { Ring } from './ring.ts';

function inputWith(count: number, closed: boolean = false): InputEnd {
  const ring = new Ring('in', 8);
  for (let n = 0; n < count; n += 1) ring.push(n);
  ring.closed = closed;
  return new InputEnd({ useInput: () => undefined }, 'in', ring, { tick: false, batch: undefined });
}

function outputWith(capacity: number, fill: number): OutputEnd {
  const ring = new Ring('out', capacity);
  for (let n = 0; n < fill; n += 1) ring.push(n);
  const user = {
    useOutput: () => undefined,
    poisoned: (error: Error) => error,
    markSpecial: () => undefined,
    stageMisfit: () => undefined,
  };
  return new OutputEnd(user, 'out', ring, null);
}

const avail = (end: InputEnd, count: number = 1): Condition => new AvailCondition(end, count);
const all = (...parts: Condition[]): AllCondition => new AllCondition(parts);
const any = (...parts: Condition[]): AnyCondition => new AnyCondition(parts);
const drained = (): Condition => avail(inputWith(0, true));
const open = (): Condition => avail(inputWith(0));
const ready = (): Condition => avail(inputWith(1));

describe('avail(count)', () => {
  test('holds at count, not one before it', () => {
    expect(avail(inputWith(3), 3).holds(false)).toBe(true);
    expect(avail(inputWith(2), 3).holds(false)).toBe(false);
  });

  test('holds with fewer when the channel has closed and they are the last', () => {
    expect(avail(inputWith(2, true), 3).holds(false)).toBe(true);
  });

  test('does not count what this turn has taken', () => {
    const end = inputWith(2);
    end.take(1);
    expect(avail(end, 2).holds(false)).toBe(false);
    expect(avail(end, 1).holds(false)).toBe(true);
  });
});

describe('vacant(count)', () => {
  test('counts what is in the channel and what this turn has staged', () => {
    const end = outputWith(4, 1);
    end.stage('x');
    expect(new VacantCondition(end, 2).holds()).toBe(true);
    expect(new VacantCondition(end, 3).holds()).toBe(false);
  });

  test('holds where nobody reads any more: the messages become dead letters', () => {
    const end = outputWith(1, 1);
    end.ring.abandon();
    expect(new VacantCondition(end, 1).holds()).toBe(true);
  });
});

describe('drained inputs', () => {
  test('count as met in all, and are no candidates in any', () => {
    expect(all(drained(), ready()).holds()).toBe(true);
    expect(all(drained(), open()).holds()).toBe(false);
    expect(any(drained(), open()).holds(false)).toBe(false);
    expect(any(drained(), ready()).ready(0)).toBe(1);
  });

  test('an any with nothing but drained inputs counts as met inside all: or all would never hold again', () => {
    expect(all(any(drained(), drained()), ready()).holds()).toBe(true);
    expect(all(any(drained(), all(drained(), drained())), ready()).holds()).toBe(true);
    expect(all(any(drained(), open()), ready()).holds()).toBe(false);
    expect(any(any(drained(), drained()), ready()).ready(0)).toBe(1);
  });

  test('an any that may still hold because of room is waited for inside all', () => {
    const full = new VacantCondition(outputWith(1, 1), 1);
    expect(all(any(drained(), full), ready()).holds()).toBe(false);
  });
});

describe('any', () => {
  test('looks round from where it is told to, so that no part starves', () => {
    const both = any(ready(), open(), ready());
    expect([0, 1, 2, 3].map((start) => both.ready(start))).toEqual([0, 2, 2, 0]);
  });

  test('agrees with plain logic however it is nested', () => {
    type Tree = boolean | { readonly kind: 'all' | 'any'; readonly parts: Tree[] };
    const tree = fc.letrec<{ node: Tree }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.boolean(),
        fc.record({
          kind: fc.constantFrom('all' as const, 'any' as const),
          parts: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
        }),
      ),
    })).node;
    const build = (node: Tree): Condition => {
      if (typeof node === 'boolean') return node ? ready() : open();
      return node.kind === 'all' ? all(...node.parts.map(build)) : any(...node.parts.map(build));
    };
    const value = (node: Tree): boolean => {
      if (typeof node === 'boolean') return node;
      return node.kind === 'all' ? node.parts.every(value) : node.parts.some(value);
    };
    fc.assert(
      fc.property(tree, (node) => {
        expect(build(node).holds(false)).toBe(value(node));
      }),
    );
  });
});

test('all uses up the beats of all its parts, any those of a part that holds', () => {
  class Beat extends VacantCondition implements DueBeat {
    readonly isDue: boolean;
    constructor(isDue: boolean) {
      super(outputWith(1, isDue ? 0 : 1), 1);
      this.isDue = isDue;
    }
    override collectDue(beats?: DueBeat[]): void {
      if (this.isDue) beats?.push(this);
    }
    consume(): void {}
    release(): void {}
  }
  const [due, alsoDue, late] = [new Beat(true), new Beat(true), new Beat(false)];
  const collect = (condition: Condition): DueBeat[] => {
    const beats: DueBeat[] = [];
    condition.collectDue(beats);
    return beats;
  };
  expect(collect(all(due, alsoDue))).toEqual([due, alsoDue]);
  expect(collect(any(late, due, alsoDue))).toEqual([due]);
  expect(collect(any(late))).toEqual([]);
});

test('says in words what it waits for', () => {
  expect(all(avail(inputWith(1), 2), any(new VacantCondition(outputWith(4, 1), 2))).describe()).toBe(
    'all(in.avail(2), 1 there, any(out.vacant(2), 3 of 4 free))',
  );
});
