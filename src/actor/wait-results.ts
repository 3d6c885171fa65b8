import type { WaitResult } from './context.ts';

const READY: readonly WaitResult[] = Array.from({ length: 16 }, (_, index) => Object.freeze({ kind: 'ready', index }));
/** Resolved once and awaited ever after: a wait that need not wait allocates nothing. */
const READY_PROMISES: readonly Promise<WaitResult>[] = READY.map((result) => Promise.resolve(result));

export const STOPPING: WaitResult = Object.freeze({ kind: 'stopping', index: -1 });
export const DRAINED: WaitResult = Object.freeze({ kind: 'drained', index: -1 });

export function ready(index: number): WaitResult {
  return READY[index] ?? { kind: 'ready', index };
}

/** A promise that is resolved already. */
export function promiseOf(result: WaitResult): Promise<WaitResult> {
  if (result.kind === 'ready') {
    const shared = READY_PROMISES[result.index];
    if (shared !== undefined) return shared;
  }
  return Promise.resolve(result);
}
