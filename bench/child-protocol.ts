import type { Effort, Figures } from './scenario.ts';

export interface ChildRequest {
  readonly scenario: string;
  readonly lane: string;
  readonly effort: Effort;
  /** Where to write a CPU profile of the work, warm-up included; measured times are longer then. */
  readonly profileTo?: string;
}

export type ChildAnswer =
  { readonly kind: 'measured'; readonly figures: Figures } | { readonly kind: 'failed'; readonly reason: string };

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
