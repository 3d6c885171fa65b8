/** Replays from outside into a channel whose schema transforms, against a model that knows no schema. */
import { defineActor, input } from 'holdfast';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { stopCleanly, type World, world } from './world.ts';

const schema = z
  .string()
  .regex(/^-?\d+$/)
  .transform((given) => ({ number: Number(given) }));

const fits = (text: string): boolean => /^-?\d+$/.test(text);

/** A desk that rejects what is below 0, fed from texts of which some do not fit. */
function desk(texts: readonly string[]): World & { readonly taken: unknown[] } {
  const w = world();
  const numbers = w.graph.channel('numbers', { capacity: 8, schema });
  const taken: unknown[] = [];
  const rejecting = defineActor({
    inputs: { numbers: input<{ readonly number: number }>() },
    on: { numbers: (message, { reject }) => (message.number < 0 ? reject('below 0') : void taken.push(message)) },
  });
  w.graph.actor('desk', rejecting, { numbers });
  numbers.sender(); // open until the stop: a closed channel takes no replays
  w.graph.feed('feed', texts, numbers);
  w.graph.start();
  return { ...w, taken };
}

const text = fc.constantFrom('1', '-2', 'x', '33', '-y');
const plan = fc.record({
  sent: text,
  /** What becomes of its letter, while there is one: sent as it is, or edited. */
  replays: fc.array(fc.option(text, { nil: undefined }), { maxLength: 4 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** What its letter holds in the end; undefined for what went through. */
function outcomeOf({ sent, replays }: Plan): unknown {
  const send = (given: string): unknown => (Number(given) < 0 ? { number: Number(given) } : undefined);
  let letter: unknown = fits(sent) ? send(sent) : sent;
  for (const edited of replays) {
    // Unedited, what never fitted is refused again, and what was rejected is rejected again.
    if (letter !== undefined && edited !== undefined && fits(edited)) letter = send(edited);
  }
  return letter;
}

test('what has not passed is checked, what has passed is not, and what is refused stays as it was', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (drawn) => {
      const w = desk([drawn.sent]);
      await w.sim.settle();
      const letters = w.graph.deadLetters;
      for (const edited of drawn.replays) {
        const before = letters.list();
        const replay = letters.replay({}, edited === undefined ? {} : { edit: () => edited });
        await w.sim.settle();
        const { replayed, left } = await replay;
        expect(replayed.length + left.length).toBe(before.length);
        if (left.length > 0) expect(letters.list()).toEqual(before);
        for (const each of left) {
          const undelivered = edited ?? drawn.sent;
          const issues = [{ message: expect.any(String) as string, path: [] }];
          const error = { code: 'ERR_INVALID_MESSAGE', details: { channel: 'numbers', issues, undelivered } };
          expect(each).toMatchObject({ kind: 'refused', error });
        }
      }
      const outcome = outcomeOf(drawn);
      const kept = letters.list();
      expect(kept.map(({ payload }) => payload)).toEqual(outcome === undefined ? [] : [outcome]);
      for (const { payload, reason } of kept) expect(reason).toBe(typeof payload === 'string' ? 'invalid' : 'rejected');
      expect(w.taken).toHaveLength(outcome === undefined ? 1 : 0);
      await stopCleanly(w);
    }),
    { numRuns: 200, seed: 1 },
  );
});
