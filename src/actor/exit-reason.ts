import type { Exit } from './events.ts';

/**
 * Why an actor ends by its own wish. `normal`: it is done; `shutdown`: it ends as one that was told to stop, and
 * `{ shutdown: why }` says why besides. As in Erlang/OTP, a transient actor comes back after none of them.
 */
export type ExitReason = 'normal' | 'shutdown' | { readonly shutdown: unknown };

/** What may be given as a reason, in words. */
export const EXIT_REASONS = '"normal", "shutdown", { shutdown: why } or nothing';

/** How an incarnation ends for `reason`; undefined for what is none. */
export function exitOf(reason: unknown): Exit | undefined {
  if (reason === undefined || reason === 'normal') return { kind: 'normal' };
  if (reason === 'shutdown') return { kind: 'shutdown' };
  if (typeof reason !== 'object' || reason === null || !Object.hasOwn(reason, 'shutdown')) return undefined;
  return { kind: 'shutdown', why: (reason as { readonly shutdown: unknown }).shutdown };
}
