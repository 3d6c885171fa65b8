import { defineActor, type GraphSnapshot, input, isHoldfastError, table } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { actorOf, type World, world } from './world.ts';

const counter = defineActor({
  inputs: { words: input<string>({ capacity: 8 }) },
  state: () => ({ words: 0, lengths: new Map<number, number>() }),
  tables: {
    counts: table<string, number>({ initial: () => [['initial', 1]] }),
    lines: table<number, readonly string[]>({ entriesMax: 3 }),
  },
  on: {
    words(word, { state, tables: { counts, lines } }) {
      state.words += 1;
      state.lengths.set(word.length, state.words);
      counts.set(word, (counts.get(word) ?? 0) + 1);
      lines.set(state.words, [word]);
    },
  },
});

interface Run extends World {
  readonly give: (...words: string[]) => Promise<void>;
  readonly kill: () => void;
}

/** @param restore - Of any type: snapshots are often read from a file, so what the types forbid must be found as well. */
function built(restore?: unknown): Run {
  const w = world();
  const handle = w.graph.actor('counter', counter, {}, { restore: restore as undefined });
  const give = async (...words: string[]): Promise<void> => {
    for (const word of words) await handle.input('words').send(word);
    await w.sim.settle();
  };
  return { ...w, give, kill: () => handle.kill() };
}

function started(restore?: unknown): Run {
  const run = built(restore);
  run.graph.start();
  return run;
}

function ofCounter({ actors }: GraphSnapshot): GraphSnapshot['actors'][number] | undefined {
  return actors.find(({ name }) => name === 'counter');
}

const STATE = { words: 2, lengths: new Map([[2, 2]]) };
const TABLES = {
  counts: [['to', 1], ['be', 1]], // prettier-ignore
  lines: new Map([[1, ['to']]]),
};

describe('an actor that is restored', () => {
  test('goes on from the snapshot of an earlier run, also from one that it has not gone on from itself', async () => {
    const first = started();
    await first.give('to', 'be');
    const second = started(ofCounter(first.graph.snapshot()));
    const third = started(ofCounter(second.graph.snapshot())); // nothing has come in between
    await third.give('to');
    expect(actorOf(third.graph, 'counter')).toMatchObject({
      regeneration: 0,
      turns: 1,
      state: { words: 3, lengths: new Map([[2, 3]]) },
      tables: {
        counts: [['initial', 1], ['to', 2], ['be', 1]], // prettier-ignore
        lines: [[1, ['to']], [2, ['be']], [3, ['to']]], // prettier-ignore
      },
    });
  });

  test('goes on from a snapshot that went through JSON, as far as JSON has its values', async () => {
    const first = started();
    await first.give('to');
    const { tables } = JSON.parse(JSON.stringify(ofCounter(first.graph.snapshot()))) as { readonly tables: object };
    const second = started({ tables });
    await second.give('to');
    expect(actorOf(second.graph, 'counter').tables).toMatchObject({ counts: [['initial', 1], ['to', 2]] }); // prettier-ignore
  });

  test('starts with the initial state, or the initial tables, where those are left out', async () => {
    const state = started({ state: STATE });
    await state.give('be');
    expect(actorOf(state.graph, 'counter')).toMatchObject({
      state: { words: 3 },
      tables: { counts: [['initial', 1], ['be', 1]], lines: [[3, ['be']]] }, // prettier-ignore
    });
    const tables = started({ tables: TABLES });
    expect(actorOf(tables.graph, 'counter')).toMatchObject({
      state: { words: 0 },
      tables: { counts: TABLES.counts, lines: [...TABLES.lines] },
    });
  });

  test('comes back to what it has committed since, and not to what it was restored from', async () => {
    const w = started({ state: STATE, tables: TABLES });
    await w.give('be');
    w.kill();
    await w.give('or');
    expect(actorOf(w.graph, 'counter')).toMatchObject({
      regeneration: 1,
      state: { words: 4 },
      tables: { counts: [['to', 1], ['be', 2], ['or', 1]] }, // prettier-ignore
    });
  });

  test('shares nothing with what it was restored from', async () => {
    const line = ['to'];
    const lengths = new Map([[2, 2]]);
    const w = started({ state: { words: 2, lengths }, tables: { counts: [], lines: [[1, line]] } });
    line.push('edited');
    lengths.clear();
    expect(Object.isFrozen(line)).toBe(false);
    expect(actorOf(w.graph, 'counter')).toMatchObject({
      state: { lengths: new Map([[2, 2]]) },
      tables: { lines: [[1, ['to']]] },
    });
  });

  test('that never began has nothing to restore: its snapshot starts as the definition says', async () => {
    const w = world();
    w.graph.actor('first', counter, {}); // shows at the start that the definition can be started
    w.graph.actor('counter', counter, {});
    w.graph.start();
    const asleep = ofCounter(w.graph.snapshot());
    expect(asleep).toMatchObject({ phase: 'asleep', state: undefined, tables: undefined });
    const again = started(asleep);
    await again.give('to');
    expect(actorOf(again.graph, 'counter').tables).toMatchObject({ counts: [['initial', 1], ['to', 1]] }); // prettier-ignore
  });
});

describe('what cannot be restored fails the start, and nothing has started', () => {
  class Money {}
  const faults: readonly (readonly [string, unknown, string])[] = [
    ['a state without a key', { state: { words: 1 } }, 'state.lengths is missing'],
    ['a state with a key more', { state: { ...STATE, more: 1 } }, 'state.more is there, and the definition has no such key'],
    ['a state that is no plain object', { state: [1] }, 'state is an array'],
    ['an instance of a class in the state', { state: { ...STATE, words: new Money() } }, 'state.words is an instance of Money'],
    ['not all tables', { tables: { counts: [] } }, 'tables.lines is missing'],
    ['a table more', { tables: { ...TABLES, more: [] } }, 'tables.more is there, and the definition has no such table'],
    ['tables that are no plain object', { tables: 'counts' }, 'tables is a value of type string'],
    ['entries that are none', { tables: { ...TABLES, counts: 5 } }, 'entries of table "counts" must be an iterable'],
    ['an entry that is none', { tables: { ...TABLES, counts: [1] } }, 'entry of table "counts" must be a pair'],
    ['a key that is none', { tables: { ...TABLES, counts: [[{}, 1]] } }, 'key of table "counts" must be a string'],
    ['an instance of a class in a table', { tables: { ...TABLES, lines: [[1, [new Money()]]] } }, 'tables.lines is an instance of Money'],
    ['too many entries', { tables: { ...TABLES, lines: [1, 2, 3, 4].map((n) => [n, []]) } }, 'holds 3 entries at the most'],
  ]; // prettier-ignore

  test.each(faults)('%s', (_, restore, problem) => {
    const w = built(restore);
    let fault: unknown;
    try {
      w.graph.start();
    } catch (error) {
      fault = error;
    }
    expect(isHoldfastError(fault, 'ERR_RESTORE')).toBe(true);
    expect(fault).toMatchObject({ message: expect.stringContaining(problem) as string, details: { actor: 'counter' } });
    expect((fault as Error).message).toContain('actor "counter" cannot start from what it is to restore: ');
    expect(w.graph.status).toBe('building');
  });

  test('a snapshot that was taken without the tables', async () => {
    const first = started();
    await first.give('to');
    const w = built(ofCounter(first.graph.snapshot({ tables: false })));
    expect(() => w.graph.start()).toThrow('tables.counts is missing');
  });

  test('state and tables for a definition that has none, unless they are empty', () => {
    const stateless = defineActor({ source: () => 'done' });
    const w = world();
    w.graph.actor('empty', stateless, {}, { restore: { state: {}, tables: {} } });
    w.graph.start();
    const full = world();
    full.graph.actor('full', stateless, {}, { restore: { state: { n: 1 } } });
    expect(() => full.graph.start()).toThrow('state.n is there');
  });

  test.each([5, 'counter', null])('%j is no option at all', (restore) => {
    expect(() => built(restore)).toThrow('restore of actor "counter" must be an object with a state, tables, or both');
  });

  test('a misspelt part is not ignored in silence', () => {
    expect(() => built({ table: {} })).toThrow('unknown option "table"');
  });
});
