import type { RoomSource } from '../channel/ring.ts';

/**
 * Where an actor is.
 *
 * ```
 *   starting ──▶ idle ◀──▶ turn ──▶ committing ──▶ idle | turn
 *      ▲           │        │           │
 *      │           └────────┴─ fails ───┘
 *      │                    ▼
 *      └─ down ◀── (recovering) ──▶ (stopping) ──▶ ended
 * ```
 *
 * - `idle`: waits for messages or a condition; `paused`: the same inside an open turn.
 * - `turn`: an asynchronous turn is open.
 * - `committing`: the turn is decided and waits for room.
 * - `carried`: the commit of another actor has made the decided turn real; the driver goes on in its next slice.
 * - `recovering`: a dead letter waits for room.
 * - `stopping`: the incarnation has ended, and its `onStop` is about to run.
 * - `down`: between two incarnations, or stopped: its supervisor decides.
 * - `delayed`: between two incarnations, for a while.
 */
export type Phase =
  | 'starting'
  | 'idle'
  | 'paused'
  | 'turn'
  | 'committing'
  | 'carried'
  | 'recovering'
  | 'stopping'
  | 'down'
  | 'delayed'
  | 'ended';

export function roomText({ name, size, limit }: RoomSource): string {
  return `room in "${name}" (${size}/${limit})`;
}

/** What an actor waits for in a phase in which its driver does not know. */
export function describePhase(
  phase: Exclude<Phase, 'idle' | 'paused' | 'turn'>,
  waitingFor: RoomSource | null,
): string {
  switch (phase) {
    case 'committing':
    case 'recovering':
      if (waitingFor === null) return 'a commit';
      return `a commit that waits for ${roomText(waitingFor)}`;
    case 'carried':
      return 'its next turn';
    case 'stopping':
      return 'its onStop';
    case 'down':
      return 'its supervisor';
    case 'delayed':
      return 'the delay before its restart';
    case 'starting':
      return 'its start';
    case 'ended':
      return 'nothing';
  }
}

/** What a handler waits for that has nothing to do. @param open - The channels that may still bring something. */
export function describeRest(open: readonly string[]): string {
  return open.length > 0 ? `waiting for ${open.map((name) => `"${name}" to close`).join(', ')}` : 'its next turn';
}

/** There is an incarnation that may be ended; or one was rolled back, of which nobody has heard, and is about to begin again. */
export function mayEnd(phase: Phase): boolean {
  return isIncarnate(phase) || phase === 'delayed';
}

/** An incarnation is at work, whatever it waits for; in the other phases there is none. */
export function isIncarnate(phase: Phase): boolean {
  switch (phase) {
    case 'idle':
    case 'paused':
    case 'turn':
    case 'committing':
    case 'carried':
      return true;
    case 'starting':
    case 'recovering':
    case 'stopping':
    case 'down':
    case 'delayed':
    case 'ended':
      return false;
  }
}
