import { args, defineActor, output } from 'holdfast';
import { faults, injectFault } from './faults.ts';

/**
 * Sets the pace, and asks for the shutdown on its last beat. Fails once; the beat whose turn failed is due again, so
 * neither the count nor the cadence suffers.
 */
export const heartbeat = defineActor({
  args: args<{ readonly rateMs: number; readonly beats: number }>(),
  outputs: { beats: output<number>() },
  state: () => ({ beats: 0 }),

  async run({ args, outputs: { beats }, state, running, next, all, every, requestShutdown, regeneration }) {
    while (running()) {
      const { kind } = await next(all(every(args.rateMs), beats.vacant()));
      if (kind === 'stopping') continue;

      state.beats += 1;
      beats.send(state.beats);
      if (state.beats >= args.beats) requestShutdown('the last beat');
      if (state.beats === faults.heartbeatAtBeat && regeneration === 0) injectFault(`beat ${state.beats}`);
    }
  },
});
