import type { Part } from '../watchdog.ts';

/**
 * The memory that the event loop and the watchdog's thread share, as 32-bit integers. The loop writes the first four, once
 * or twice a slice, with plain stores: they are seen a little later than atomic ones, and cost a tenth.
 */
export const CELL: Readonly<
  Record<'beats' | 'sequence' | 'holder' | 'inspected' | 'reported' | 'reportedHolder' | 'reportedMs', number>
> = Object.freeze({
  /** How often the loop has come round. */
  beats: 0,
  /** Changes when a part gets the loop, and when it gives it back. Never 0. */
  sequence: 1,
  /** The part that has the loop; 0: none. */
  holder: 2,
  /** 1: an inspector is open, so that the loop may be paused by a debugger. */
  inspected: 3,
  /** Written by the thread: the sequence number at which it has reported the loop as stuck; 0: at none. */
  reported: 4,
  /** The holder that it has reported, and for how many milliseconds. Written before `reported`. */
  reportedHolder: 5,
  reportedMs: 6,
});

export const CELLS = 7;

/** What the thread is started with. */
export interface ThreadData {
  readonly cells: SharedArrayBuffer;
  readonly graph: string;
  readonly stuckAfterMs: number;
  readonly lookEveryMs: number;
  readonly logLevel: string | undefined;
  /** Standard error is a terminal, which the thread cannot tell. */
  readonly isTerminal: boolean;
}

/** What the thread is told. */
export type ThreadMessage =
  | { readonly kind: 'introduce'; readonly id: number; readonly part: Part }
  | { readonly kind: 'forget'; readonly id: number };
