import { dispatch, type Ref, spawn, start, stop } from 'nact';
import type { RestartRun } from '../restart-samples.ts';

const CRASH = -1;
const WORK = 1;

/** An actor whose own policy is to reset it, the quickest way: nobody above it is asked. */
export const run: RestartRun = async (samples) => {
  const system = start();
  const samplesUs: number[] = [];
  let crashedMs = 0;
  let handled = 0;
  let recovered = (): void => {};

  const child: Ref<number> = spawn(
    system,
    (total: number, message: number) => {
      if (message === CRASH) {
        crashedMs = performance.now();
        throw new Error('crash');
      }
      samplesUs.push((performance.now() - crashedMs) * 1_000);
      handled += message;
      recovered();
      return total + message;
    },
    'child',
    { initialState: 0, onCrash: (_message, _error, context) => context.reset },
  );

  for (let sample = 0; sample < samples; sample += 1) {
    const recovery = new Promise<void>((resolve) => {
      recovered = resolve;
    });
    for (const message of [CRASH, WORK]) dispatch(child, message);
    await recovery;
  }
  stop(system);
  if (handled !== samples) throw new Error(`the child handled ${handled} messages, not ${samples}`);
  return samplesUs;
};
