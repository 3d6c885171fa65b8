import type { MessageSlice } from 'holdfast';
import { describe, expect, test } from 'vitest';
import { letters, loopWorld, type SingleLoop } from './single-actor.ts';
import { channelOf, stopCleanly } from './world.ts';

describe('peekMany', () => {
  test('shows messages where they are; takes of the same turn do not change what it shows', async () => {
    const seen: unknown[] = [];
    const w = loopWorld(async ({ inputs: { go }, outputs: { out }, next, running }) => {
      while (running()) {
        await next(go.avail(3));
        const slice = go.peekMany(3);
        out.sendMany(slice);
        seen.push(slice.length, slice.at(-1), go.takeMany(2), [...slice], go.peekMany(Infinity).toArray());
        go.take();
      }
    });
    for (const value of [1, 2, 3, 4]) w.go.trySend(value);
    await w.sim.settle();
    expect(seen).toEqual([3, 3, [1, 2], [1, 2, 3], [3, 4]]);
    expect(w.arrived).toEqual([1, 2, 3]);
    await stopCleanly(w);
  });

  test('is valid in its turn only, whether that committed, failed, or took nothing', async () => {
    const codes: unknown[] = [];
    let kept: MessageSlice<number> | undefined;
    let keptCopy: readonly number[] | undefined;
    const look = (): void => {
      try {
        kept?.at(0);
      } catch (error) {
        codes.push((error as { code: unknown }).code);
      }
    };
    const run = async ({ inputs: { go }, next, commit, pause, after, regeneration }: SingleLoop): Promise<void> => {
      look();
      await next(go.avail());
      kept = go.peekMany(2);
      keptCopy ??= kept.toArray();
      await pause(after(5));
      expect(kept.at(0)).toBe(1); // still the same turn
      const committed = commit();
      look();
      await committed;
      look();
      kept = go.peekMany(2);
      if (regeneration === 0) throw new Error('once');
      go.takeMany(2);
      await next(after(5));
      look();
    };
    const w = loopWorld(run, { actor: { restart: 'transient' } });
    for (const value of [1, 2]) w.go.trySend(value);
    await w.sim.advance(1_000);
    expect(codes).toEqual(new Array(6).fill('ERR_FENCED'));
    expect(keptCopy).toEqual([1, 2]);
    expect(w.events.filter(({ kind }) => kind === 'fenced')).toHaveLength(6);
  });

  test('counts as looking: where nothing was taken, what it showed is blamed, also if nobody read it', async () => {
    const w = loopWorld(
      async ({ inputs: { go }, next, running }) => {
        while (running()) {
          await next(go.avail());
          go.peekMany(2);
          if (go.peek() === 1) throw new Error('ugly');
          go.takeMany(64);
        }
      },
      { actor: { showstopperAfter: 2 } },
    );
    for (const value of [1, 2, 3]) w.go.trySend(value);
    await w.sim.settle();
    expect(
      w.events.filter(({ kind }) => kind === 'failed').map((event) => 'inHand' in event && event.inHand.length),
    ).toEqual([2, 1]);
    expect(letters(w)).toEqual([[1, 'showstopper', 'ugly']]);
    expect(channelOf(w.graph, 'go').taken).toBe(2);
    await stopCleanly(w);
  });

  test('of none, of zero and of more than there are', async () => {
    const seen: unknown[] = [];
    const w = loopWorld(async ({ inputs: { go }, next, after }) => {
      seen.push(go.peekMany(5).length, [...go.peekMany(5)], go.peekMany(5).at(0));
      await next(go.avail());
      seen.push(go.peekMany(0).toArray(), go.peekMany(5).toArray(), go.peekMany(Infinity).length);
      expect(() => go.peekMany(-1)).toThrow('peekMany: max must be an integer of 0 or more');
      await next(after(1_000));
    });
    await w.sim.settle();
    w.go.trySend(1);
    await w.sim.settle();
    expect(seen).toEqual([0, [], undefined, [], [1], 1]);
  });
});
