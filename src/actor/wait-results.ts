import type { WaitResult } from './context.ts';

/** For a part of `any`, for a lane of a bundle: more of either are made anew each time. */
const PARTS = 16;
const PARTS_WITH_LANES = 4;
const LANES = 32;

/** The results of waits that no bundle has to do with, and their promises: a wait that need not wait allocates nothing. */
const READY: readonly WaitResult[] = Array.from({ length: PARTS }, (_, index) => resultOf(index, -1));
const READY_PROMISES: readonly Promise<WaitResult>[] = READY.map((result) => Promise.resolve(result));

/** Those that a lane has ended: for each part the lanes in order. */
const READY_LANES: readonly WaitResult[] = Array.from({ length: PARTS_WITH_LANES * LANES }, (_, place) =>
  resultOf(Math.floor(place / LANES), place % LANES),
);
const READY_LANES_PROMISES: readonly Promise<WaitResult>[] = READY_LANES.map((result) => Promise.resolve(result));

export const STOPPING: WaitResult = Object.freeze({ kind: 'stopping', index: -1, lane: -1 });
export const DRAINED: WaitResult = Object.freeze({ kind: 'drained', index: -1, lane: -1 });

export function ready(index: number): WaitResult {
  return READY[index] ?? resultOf(index, -1);
}

/** A lane of a bundle has ended the wait. */
export function readyLane(index: number, lane: number): WaitResult {
  return lane < 0 ? ready(index) : (READY_LANES[placeOf(index, lane)] ?? resultOf(index, lane));
}

/** A promise that is resolved already. */
export function promiseOf(result: WaitResult): Promise<WaitResult> {
  if (result.kind === 'ready') {
    const { index, lane } = result;
    const shared = lane < 0 ? READY_PROMISES[index] : READY_LANES_PROMISES[placeOf(index, lane)];
    if (shared !== undefined) return shared;
  }
  return Promise.resolve(result);
}

/** Beyond the end where it is not among them. */
function placeOf(index: number, lane: number): number {
  return lane < LANES ? index * LANES + lane : Infinity;
}

function resultOf(index: number, lane: number): WaitResult {
  return Object.freeze({ kind: 'ready', index, lane });
}
