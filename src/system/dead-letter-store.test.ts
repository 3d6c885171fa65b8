import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEAD_LETTER_REASONS,
  type DeadLetter,
  type DeadLetterReason,
  type NewDeadLetter,
} from '../actor/dead-letter.ts';
import { DeadLetterStore } from './dead-letter-store.ts';

function letter(payload: unknown, reason: DeadLetterReason = 'rejected'): NewDeadLetter {
  return {
    payload,
    channel: 'numbers',
    messageId: `numbers/${String(payload)}`,
    replayOf: undefined,
    actor: undefined,
    reason,
    text: 'refused',
    issues: [],
    error: undefined,
    attempts: 1,
    regeneration: 0,
    firstFailedWallMs: undefined,
    wallMs: 0,
  };
}

interface Place {
  readonly store: DeadLetterStore;
  readonly told: DeadLetter[];
}

function place(capacity: number, whenFull: 'block' | 'evict'): Place {
  const told: DeadLetter[] = [];
  const store = new DeadLetterStore(
    { capacity, whenFull },
    (each) => told.push(each),
    () => undefined,
  );
  return { store, told };
}

/** Where a letter is, in the model: each letter ever is in exactly one place. */
type Whereabouts = 'kept' | 'in hand' | 'evicted' | 'discarded' | 'replayed';

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), at: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('claim' as const), at: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), at: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('arrive' as const), at: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('discard' as const), at: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), at: fc.nat(40) }) },
  ),
  { maxLength: 150, size: 'max' },
);

/** A plain list of all letters ever and where they are, which does everything by looking through all of them. */
class Model {
  readonly letters: { readonly letter: DeadLetter; at: Whereabouts }[] = [];
  unbounded = false;

  are(...places: Whereabouts[]): DeadLetter[] {
    return this.letters.filter(({ at }) => places.includes(at)).map(({ letter: each }) => each);
  }

  move(each: DeadLetter | undefined, at: Whereabouts): void {
    const entry = this.letters.find(({ letter: known }) => known === each);
    if (entry !== undefined) entry.at = at;
  }
}

describe.each(['block', 'evict'] as const)('a store that %ss', (whenFull) => {
  test('agrees with a plain list: every letter ever is in exactly one place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), steps, (capacity, all) => {
        const { store, told } = place(capacity, whenFull);
        const model = new Model();
        for (const [index, { kind, at }] of all.entries()) {
          const kept = model.are('kept');
          const inHand = model.are('in hand');
          if (kind === 'add') {
            const full = kept.length >= capacity;
            expect(store.hasRoomFor(1, Infinity)).toBe(model.unbounded || whenFull === 'evict' || !full);
            if (whenFull === 'block' && full && !model.unbounded && at > 0) continue; // now and then one must go in all the same
            store.add(letter(index, DEAD_LETTER_REASONS[index % DEAD_LETTER_REASONS.length]));
            const added = told.at(-1) as DeadLetter;
            const room = whenFull === 'evict' && !model.unbounded ? Math.max(0, kept.length + 1 - capacity) : 0;
            for (const oldest of kept.slice(0, room)) model.move(oldest, 'evicted');
            model.letters.push({ letter: added, at: 'kept' });
          } else if (kind === 'claim') {
            const wanted = model.letters.at(-1 - (at % 8));
            if (wanted === undefined) continue;
            const expected = wanted.at === 'kept' ? 'claimed' : wanted.at === 'in hand' ? 'busy' : 'gone';
            expect(store.claim(wanted.letter)).toBe(expected);
            if (expected === 'claimed') wanted.at = 'in hand';
          } else if (kind === 'fail' && inHand[at] !== undefined) {
            store.unclaim(inHand[at]);
            model.move(inHand[at], 'kept');
          } else if (kind === 'arrive' && inHand[at] !== undefined) {
            store.leave(inHand[at]);
            model.move(inHand[at], 'replayed');
          } else if (kind === 'discard') {
            const wanted = model.letters.slice(-1 - (at % 8)).slice(0, 2);
            const mayGo = wanted.filter((entry) => entry.at === 'kept');
            expect(store.discard(wanted.map(({ letter: each }) => each))).toBe(mayGo.length);
            for (const entry of mayGo) entry.at = 'discarded';
          } else if (kind === 'stop' && at === 0) {
            model.unbounded = true;
            store.unbounded = true;
          }
          expect(store.list()).toEqual(model.are('kept', 'in hand'));
          expect(store.size).toBe(model.are('kept').length);
          expect([store.evicted, store.discarded, store.replayed]).toEqual(
            (['evicted', 'discarded', 'replayed'] as const).map((where) => model.are(where).length),
          );
          expect(store.total).toBe(model.letters.length);
          expect(store.conservationFault()).toBeUndefined();
          expect(Object.values(store.countByReason()).reduce((sum, count) => sum + count)).toBe(store.kept);
        }
      }),
      { numRuns: 400 },
    );
  });
});

test('evicting costs the same, however many went before and however long one was in hand', () => {
  const { store, told } = place(2, 'evict');
  store.add(letter('first'));
  const first = told[0] as DeadLetter;
  store.claim(first);
  for (let index = 0; index < 50_000; index += 1) store.add(letter(index));
  expect(store.list().map(({ payload }) => payload)).toEqual(['first', 49_998, 49_999]);
  store.unclaim(first);
  store.add(letter('last'));
  expect(store.list().map(({ payload }) => payload)).toEqual([49_999, 'last']);
});

test('a conservation fault gives the figures', () => {
  const { store, told } = place(2, 'block');
  store.add(letter(1));
  store.leave(told[0] as DeadLetter);
  store.leave(told[0] as DeadLetter);
  expect(store.conservationFault()).toEqual({
    channel: 'dead letters',
    sent: 1,
    taken: 2,
    deadLettered: 0,
    inFlight: 0,
  });
});
