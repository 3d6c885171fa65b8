/** The cases on real actors, whatever these are made of. */
import { describe, expect, test } from 'vitest';
import { CASES, rootOf } from './cases.ts';
import { RealTree, STYLES } from './real-tree.ts';

describe.each(STYLES)('actors: %s', (style) => {
  test.each(CASES)('$id', async (given) => {
    const { run, trace, children, counts, isOver = false } = given;
    const tree = new RealTree(rootOf(given), style);
    await tree.start();
    await run?.(tree);
    await tree.advance(0);
    expect(tree.text).toBe(trace);
    if (children !== undefined) expect(tree.children).toBe(children);
    if (counts !== undefined) expect(tree.counts).toBe(counts);
    expect(tree.isOver).toBe(isOver);
    expect(await tree.leftovers()).toEqual([]);
  });
});
