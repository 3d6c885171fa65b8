/** The cases on children that are only pretended: the rules alone. */
import { describe, expect, test } from 'vitest';
import { PretendedTree } from './case-tree.ts';
import { CASES, chainOf, rootOf } from './cases.ts';
import { FakeTree } from './fake-tree.ts';

describe('supervision', () => {
  test.each(CASES)('$id', async (given) => {
    const { run, trace, pretended = trace, children, counts, isOver = false } = given;
    const tree = new PretendedTree(rootOf(given));
    tree.start();
    await run?.(tree);
    tree.advance(0);
    expect(tree.text).toBe(pretended);
    if (children !== undefined) expect(tree.children).toBe(children);
    if (counts !== undefined) expect(tree.counts).toBe(counts);
    expect(tree.isOver).toBe(isOver);
    expect(tree.leftovers()).toEqual([]);
  });
});

describe('many children', () => {
  const many = (count: number): FakeTree => {
    const tree = new FakeTree({ isDynamic: true, children: [] });
    tree.start();
    for (let index = 0; index < count; index += 1) tree.add({ id: `k${index}` });
    return tree;
  };

  test('Y11: 1,000 are added and terminated, and nothing is left of them', () => {
    const tree = many(1_000);
    expect(tree.root.supervision.counts).toEqual({ specs: 1, active: 1_000 });
    for (let index = 0; index < 1_000; index += 1) expect(tree.administer('terminate', `k${index}`)).toBe('done');
    expect(tree.root.supervision.counts).toEqual({ specs: 1, active: 0 });
    expect(tree.root.running.size).toBe(1_000);
  });

  test('M18: what is asked of the control grows with the children, not faster', () => {
    const steps = (count: number): number => {
      const tree = many(count);
      for (let index = 0; index < count; index += 1) tree.administer('terminate', `k${index}`);
      return tree.text.split(' ').length;
    };
    expect(steps(5_000)).toBe(10 * steps(500));
  });

  test('P9: a chain of 500 supervisors starts top-down and stops leaf first', () => {
    const tree = new FakeTree({ children: [chainOf(500)] });
    tree.start();
    tree.stop();
    const events = tree.text.split(' ');
    expect(events).toHaveLength(2 * 501 + 1);
    expect([events[0], events[500], events[502], events.at(-1)]).toEqual([
      ...['+lv500.1', '+leaf.1', '-leaf.1:shutdown', '-lv500.1:shutdown'],
    ]);
  });
});
