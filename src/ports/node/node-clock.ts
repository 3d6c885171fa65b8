import type { Clock } from '../clock.ts';

/** The longest delay a Node timer takes; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Node's clocks and timers. */
export class NodeClock implements Clock {
  nowMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  setTimer(atMs: number, callback: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const delayMs = Math.max(0, atMs - performance.now());
      // Node's timers have a resolution of a millisecond and may fire a fraction early: round up, and look again.
      timer = setTimeout(fire, Math.min(Math.ceil(delayMs), LONGEST_DELAY_MS));
    };
    const fire = (): void => {
      if (performance.now() < atMs) arm();
      else callback();
    };
    arm();
    return () => clearTimeout(timer);
  }

  keepAlive(): () => void {
    const timer = setInterval(() => undefined, LONGEST_DELAY_MS);
    return () => clearInterval(timer);
  }
}
