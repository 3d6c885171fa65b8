import type { StartResult } from './child-control.ts';

/** Why an operation was refused. Words of Erlang/OTP. */
export type Refusal =
  | 'not found'
  | 'running'
  | 'restarting'
  | 'already started'
  | 'already present'
  | 'stopping'
  | 'not for a dynamic supervisor'
  | 'too many children';

/** How an operation went. */
export type AdminResult = { readonly kind: 'done' } | { readonly kind: 'refused'; readonly why: Refusal } | StartResult;

export function refused(why: Refusal): AdminResult {
  return { kind: 'refused', why };
}
