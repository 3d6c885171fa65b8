/**
 * Lesson 1: one actor, its timing, its shutdown.
 *
 * ```
 *   (heartbeat)
 * ```
 */

import { args, defineActor, Graph } from 'holdfast';
import type { BeatOptions, Lesson } from './lesson.ts';

/** Beats at a fixed rate, and asks for the shutdown on its last beat. */
export const heartbeat = defineActor({
  args: args<{ readonly rateMs: number; readonly beats: number }>(),
  state: () => ({ beats: 0 }),

  async run({ args, state, running, next, every, log, requestShutdown }) {
    while (running()) {
      // `next` ends one turn and begins another: what this turn does becomes real when the next one is asked for.
      const { kind } = await next(every(args.rateMs));
      if (kind === 'stopping') continue; // woken by a shutdown, not by a beat

      state.beats += 1;
      log.info({ beat: state.beats, of: args.beats }, 'beat');
      if (state.beats >= args.beats) requestShutdown('the last beat');
    }
  },
});

export function buildMinimum({ rateMs, beats, graph: graphOptions }: BeatOptions): Lesson {
  const graph = new Graph({ ...graphOptions, name: 'minimum' });
  graph.actor('heartbeat', heartbeat, {}, { args: { rateMs, beats } });

  // There are no messages in this lesson, so there is nothing to lose.
  return { graph, verify: () => ({ lost: 0, doubled: 0, figures: {} }) };
}
