import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShutdownBarrier } from './shutdown-barrier.ts';

describe('a number of parties', () => {
  test('is met by so many different ones, and not by one that asks so often', () => {
    const barrier = new ShutdownBarrier(2);
    barrier.started(3);
    expect([barrier.isMet, barrier.missing]).toEqual([false, 2]);
    expect([barrier.ask('a', true), barrier.ask('a', true)]).toEqual(['counted', 'repeated']);
    expect([barrier.isMet, barrier.missing]).toEqual([false, 1]);
    expect(barrier.ask('importer', false)).toBe('counted');
    expect([barrier.isMet, barrier.missing]).toEqual([true, 0]);
    expect(barrier.snapshot()).toEqual({ needed: 2, asked: ['a', 'importer'], missing: 0 });
  });

  test('is short, once, as soon as too few actors are left; that does not meet it', () => {
    const barrier = new ShutdownBarrier(2);
    barrier.started(3);
    barrier.ask('a', true);
    expect([barrier.ended('a'), barrier.ended('b'), barrier.ended('c')]).toEqual(['nothing', 'nothing', 'short']);
    expect([barrier.isMet, barrier.missing]).toEqual([false, 1]);
    const early = new ShutdownBarrier(3);
    early.started(3);
    expect([early.ended('a'), early.ended('b'), early.ended('c')]).toEqual(['short', 'nothing', 'nothing']);
  });

  test('counts one who asks from outside in place of an actor', () => {
    const barrier = new ShutdownBarrier(2);
    barrier.ask('importer', false);
    barrier.started(2);
    expect([barrier.ended('a'), barrier.ended('b')]).toEqual(['nothing', 'short']);
  });
});

describe('named parties', () => {
  test('have to ask, and nobody else does', () => {
    const barrier = new ShutdownBarrier(['a', 'importer']);
    barrier.started(3);
    expect([barrier.ask('b', true), barrier.ask('a', true)]).toEqual(['stranger', 'counted']);
    expect([barrier.ended('b'), barrier.missing, barrier.isMet]).toEqual(['nothing', 1, false]);
    barrier.ask('importer', false);
    expect(barrier.isMet).toBe(true);
  });

  test('that have ended without asking are not waited for; when nobody has asked, nobody wants to stop', () => {
    const barrier = new ShutdownBarrier(['a', 'b', 'c']);
    barrier.started(3);
    expect([barrier.ended('b'), barrier.missing, barrier.isMet]).toEqual(['lost', 2, false]);
    barrier.ask('a', true);
    expect([barrier.ended('a'), barrier.missing, barrier.isMet]).toEqual(['nothing', 1, false]);
    expect([barrier.ended('c'), barrier.missing, barrier.isMet]).toEqual(['lost', 0, true]);
    const nobody = new ShutdownBarrier(['a']);
    nobody.started(1);
    expect([nobody.ended('a'), nobody.missing, nobody.isMet]).toEqual(['lost', 0, false]);
  });

  test('may be asked for by somebody outside after they have ended', () => {
    const barrier = new ShutdownBarrier(['a', 'b']);
    barrier.started(2);
    barrier.ended('a');
    barrier.ask('a', false);
    expect([barrier.missing, barrier.isMet]).toEqual([1, false]);
  });
});

/** What happens to a barrier: an actor or somebody outside asks, or an actor ends. */
const steps = fc.array(
  fc.record({ kind: fc.constantFrom('ask', 'end'), who: fc.constantFrom('a', 'b', 'c', 'outside', 'other') }),
  { maxLength: 12 },
);

test('agrees with sets that are counted anew at each step', () => {
  const actors = ['a', 'b', 'c'];
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: 2, max: 5 }), fc.subarray(['a', 'b', 'c', 'outside'], { minLength: 1 })),
      steps,
      (parties, taken) => {
        const barrier = new ShutdownBarrier(parties);
        barrier.started(actors.length);
        const asked = new Set<string>();
        const ended = new Set<string>();
        let short = 0;
        for (const { kind, who } of taken) {
          const living = actors.includes(who) && !ended.has(who);
          if (kind === 'ask') {
            if (barrier.ask(who, living) === 'counted') asked.add(who);
          } else if (living) {
            ended.add(who);
            if (barrier.ended(who) === 'short') short += 1;
          }
          const gone = typeof parties === 'number' ? [] : parties.filter((name) => ended.has(name) && !asked.has(name));
          const needed = (typeof parties === 'number' ? parties : parties.length) - gone.length;
          expect(barrier.missing).toBe(Math.max(0, needed - asked.size));
          expect(barrier.isMet).toBe(asked.size > 0 && asked.size >= needed);
          const left = actors.filter((name) => !ended.has(name) && !asked.has(name)).length;
          if (short > 0) expect(typeof parties).toBe('number');
          else if (typeof parties === 'number' && kind === 'end' && living && !asked.has(who)) {
            expect(asked.size + left).toBeGreaterThanOrEqual(parties);
          }
        }
        expect(short).toBeLessThanOrEqual(1);
      },
    ),
  );
});
