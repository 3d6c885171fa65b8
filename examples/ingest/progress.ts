import { defineActor, input } from 'holdfast';

/** How often the progress is shown. */
const periodMs = 250;

/**
 * Calls `show` with the time that has passed, at a fixed pace until its input closes, and once more then. Nothing is
 * ever sent to it: that the channel closes is the message.
 */
export function progressTeller(show: (elapsedMs: number) => void) {
  return defineActor({
    inputs: { reading: input<null>() },

    async run({ inputs: { reading }, running, next, any, every, nowMs }) {
      const startMs = nowMs();
      while (running()) {
        await next(any(every(periodMs), reading.avail()));
        show(nowMs() - startMs);
      }
    },
  });
}
