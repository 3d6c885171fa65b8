/** What is to end the present incarnation of an actor from its next slice on, perhaps. */
export type Interrupt =
  | { readonly kind: 'kill'; readonly why: string }
  | { readonly kind: 'stray'; readonly error: unknown }
  | { readonly kind: 'timeout' };

/** How much each has to say. A deadline may turn out to be met by the time it is looked at; a kill stands. */
const RANKS: Readonly<Record<Interrupt['kind'], number>> = { timeout: 0, stray: 1, kill: 2 };

/** The one that counts: the first of those that have the most to say. */
export function outranking(pending: Interrupt | undefined, next: Interrupt): Interrupt {
  return pending === undefined || RANKS[next.kind] > RANKS[pending.kind] ? next : pending;
}
