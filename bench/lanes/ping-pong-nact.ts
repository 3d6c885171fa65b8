import { dispatch, type Ref, spawnStateless, start, stop } from 'nact';
import { answerTo } from '../round-trips.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Two actors that dispatch to each other. */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    const system = start();
    let sent = 1;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      const pong = spawnStateless(system, (number: number) => dispatch(ping, answerTo(number)));
      const ping: Ref<number> = spawnStateless(system, (number: number) => {
        sum += number;
        count += 1;
        if (sent === messages) return resolve();
        sent += 1;
        dispatch(pong, messageAt(sent - 1));
      });
      dispatch(pong, messageAt(0));
    });

    stop(system);
    return { count, sum };
  });
}
