import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isHoldfastError } from '../base/errors.ts';
import { ValueFreezer } from '../base/plain-data.ts';
import type { TableKey } from './table.ts';
import { type TableOwner, TableStore } from './table-store.ts';

function owner(freezer: ValueFreezer | null = null): TableOwner & { readonly writes: TableStore[] } {
  const writes: TableStore[] = [];
  return { actor: 'test', freezer, written: (store) => writes.push(store), writes };
}

function storeOf(entriesMax: number = 1_000_000): TableStore {
  return new TableStore(owner(), 'entries', entriesMax);
}

const entriesOf = (store: TableStore): unknown[] =>
  [...store.walk((key, value) => [key, value], () => undefined)]; // prettier-ignore

type Write =
  | { readonly kind: 'set'; readonly key: TableKey; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: TableKey }
  | { readonly kind: 'clear' };
type Step =
  | Write
  | { readonly kind: 'commit' | 'rollBack' }
  /** An iteration with writes between its steps; it ends after `steps` of them. */
  | { readonly kind: 'walk'; readonly steps: number; readonly writes: readonly Write[] };

/** More than the eight that are not hashed; equal to a Map are NaN and NaN, 0 and -0, and not 1 and '1'. */
const key = fc.oneof(fc.integer({ min: 0, max: 14 }), fc.constantFrom<TableKey>(NaN, -0, '1', 1n, true, ''));
const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('set' as const), key, value: fc.constantFrom(1, 2, undefined) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'rollBack' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('walk' as const),
      steps: fc.nat(30),
      writes: fc.array(write, { maxLength: 12, size: 'max' }),
    }),
  },
);

/** A store beside two plain Maps: what is committed, and what the turn sees. */
class Pair {
  readonly store = storeOf();
  committed = new Map<TableKey, unknown>();
  turn = new Map<TableKey, unknown>();

  write(write: Write): void {
    switch (write.kind) {
      case 'set':
        this.store.set(write.key, write.value);
        this.turn.set(write.key, write.value);
        break;
      case 'delete':
        expect(this.store.delete(write.key)).toBe(this.turn.delete(write.key));
        break;
      case 'clear':
        this.store.clear();
        this.turn.clear();
    }
  }

  step(step: Step): void {
    switch (step.kind) {
      case 'commit':
        this.store.commit();
        this.committed = new Map(this.turn);
        break;
      case 'rollBack':
        this.store.rollBack();
        this.turn = new Map(this.committed);
        break;
      case 'walk':
        this.#walk(step.steps, step.writes);
        break;
      case 'set':
      case 'delete':
      case 'clear':
        this.write(step);
    }
  }

  #walk(steps: number, writes: readonly Write[]): void {
    const ours = this.store.walk(
      (key, value) => [key, value],
      () => undefined,
    );
    const theirs = this.turn.entries();
    for (let index = 0; index < steps; index += 1) {
      const { done = false, value } = ours.next();
      const expected = theirs.next();
      expect([done, value]).toEqual([expected.done ?? false, expected.value]);
      const next = writes[index];
      if (next !== undefined) this.write(next);
    }
  }

  check(): void {
    expect(entriesOf(this.store)).toEqual([...this.turn]);
    expect(this.store.snapshot()).toEqual([...this.committed]);
    expect([this.store.size, this.store.committedSize]).toEqual([this.turn.size, this.committed.size]);
    for (const key of [...this.turn.keys(), ...this.committed.keys(), 'absent']) {
      expect([key, this.store.has(key), this.store.get(key)]).toEqual([key, this.turn.has(key), this.turn.get(key)]);
    }
  }
}

describe('a table', () => {
  test('agrees with a plain Map under random writes, commits, roll backs and iterations, order included', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), (steps) => {
        const pair = new Pair();
        for (const step of steps) {
          pair.step(step);
          pair.check();
        }
      }),
      { numRuns: 80 },
    );
  });

  test('tells its owner of the first write of each turn only', () => {
    const tables = owner();
    const store = new TableStore(tables, 'entries', 10);
    store.delete('absent');
    store.clear();
    expect(tables.writes).toEqual([]);
    store.set('a', 1);
    store.set('b', 1);
    expect(tables.writes).toEqual([store]);
    store.commit();
    store.get('a');
    expect(tables.writes).toEqual([store]);
    store.clear();
    expect(tables.writes).toEqual([store, store]);
  });

  test('holds entriesMax entries and not one more, whatever is deleted meanwhile', () => {
    const store = storeOf(2);
    store.set('a', 1);
    store.set('b', 1);
    expect(() => store.set('c', 1)).toThrow('table "entries" of actor "test" holds 2 entries at the most');
    store.set('a', 2); // is there already
    store.commit();
    store.delete('b');
    store.set('c', 1);
    expect(() => store.set('b', 1)).toThrow('at the most');
    expect(entriesOf(store)).toEqual([
      ['a', 2],
      ['c', 1],
    ]);
    expect(() => storeOf(1).fill([['a', 1], ['b', 1]], false)).toThrow('at the most'); // prettier-ignore
  });

  test('is filled as a whole or not at all', () => {
    const store = storeOf();
    store.fill([['a', 1], ['b', 2], ['a', 3]], false); // prettier-ignore
    const before = store.snapshot();
    expect(before).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
    for (const wrong of [['c'], 'cd', { 0: 'c', 1: 4, length: 2 }, [{}, 1], [null, 1]]) {
      expect(() => store.fill([['c', 1], wrong as never], false)).toThrow('table "entries" must be');
      expect(store.snapshot()).toEqual(before);
    }
  });

  test('freezes values where checks are on, and refuses what cannot be rolled back', () => {
    const store = new TableStore(owner(new ValueFreezer()), 'entries', 10);
    const value = { list: [{ n: 1 }] };
    store.set('a', value);
    expect(store.get('a')).toBe(value);
    expect(Object.isFrozen(value.list[0])).toBe(true);
    class Money {}
    expect(() => store.set('b', { price: [new Money()] })).toThrow('tables.entries.price is an instance of Money');
    expect(() => store.set('b', () => 1)).toThrow('tables.entries is a function');
    expect(store.has('b')).toBe(false);
  });

  test('without checks looks at the surface of values only, and a snapshot does not fail for the rest', () => {
    const store = storeOf();
    class Money {}
    expect(() => store.set('a', new Money())).toThrow('tables.entries is an instance of Money');
    const inner = { price: new Money() };
    store.set('a', inner);
    store.set('b', new Date(5));
    expect(Object.isFrozen(inner)).toBe(false);
    store.commit();
    const [[, first] = [], [, second] = []] = store.snapshot();
    expect(first).toBe(inner);
    expect(second).toEqual(new Date(5));
    expect(second).not.toBe(store.get('b'));
  });
});

test('an error about a key has its own code', () => {
  try {
    storeOf().fill([[Symbol('s'), 1] as never], false);
  } catch (error) {
    expect(isHoldfastError(error, 'ERR_INVALID_OPTION')).toBe(true);
    return;
  }
  expect.fail('no error');
});
