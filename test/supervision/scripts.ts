/** What random trees and what is done to them have in common, whether the tree is pretended or made of actors. */
import fc from 'fast-check';

/** What is done to a tree; `P` is what a child that is added is made of. */
export type Op<P> =
  | { readonly kind: 'end'; readonly at: number; readonly which: readonly number[]; readonly reason: string }
  | { readonly kind: 'advance'; readonly ms: number }
  | {
      readonly kind: 'add';
      readonly at: number;
      readonly which: number;
      readonly takesId: boolean;
      readonly plan: P;
    }
  | { readonly kind: 'terminate' | 'restart' | 'delete'; readonly at: number; readonly which: number }
  | { readonly kind: 'stop' };

/** `usual` most of the time. */
export const often = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(usual, ...others) });

export const backoff = fc.record({
  minMs: often(0, 17, 101),
  maxMs: fc.constantFrom(150, 1_000),
  factor: fc.constantFrom(1, 2),
  resetAfterMs: fc.constantFrom(40, 700, 60_000),
});
export const restart = often<'permanent' | 'transient' | 'temporary'>('permanent', 'transient', 'temporary');

export const startResult = fc.constantFrom<'ok' | 'error' | 'ignore'>('ok', 'ok', 'error', 'ignore');
