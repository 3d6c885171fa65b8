import { defineActor, input, type SpawnedActor } from '../../src/index.ts';
import { productionGraph } from '../production-graph.ts';
import { CRASH_EVERY, type Family } from '../supervised-children.ts';

const CRASH = -1;
const WORK = 1;

/** Handlers of one template under one dynamic supervisor. */
export function make(): Family {
  let recovered = 0;
  let wanted = 0;
  let wake = (): void => {};

  const definition = defineActor({
    inputs: { mailbox: input<number>({ capacity: 64 }) },
    on: {
      mailbox(message) {
        if (message === CRASH) throw new Error('crash');
        recovered += 1;
        if (recovered === wanted) wake();
      },
    },
  });

  const graph = productionGraph({ deadLetters: { whenFull: 'evict' } });
  const options = { maxChildren: 10_000_000, maxRestarts: 10_000_000 };
  const pool = graph.dynamicSupervisor('pool', options, definition, {}, { showstopperAfter: 1 });
  graph.start();
  const children: SpawnedActor<typeof definition.inputs>[] = [];

  return {
    async start(count) {
      for (let index = 0; index < count; index += 1) children.push(await pool.start());
    },
    async crash() {
      wanted = Math.ceil(children.length / CRASH_EVERY);
      const all = new Promise<void>((resolve) => {
        wake = resolve;
      });
      for (let index = 0; index < children.length; index += CRASH_EVERY) {
        for (const message of [CRASH, WORK]) {
          if (children[index]?.tryCast(message).ok !== true) throw new Error(`child ${index} did not take a message`);
        }
      }
      await all;
    },
    async stop() {
      await pool.stop();
      graph.requestShutdown();
      await graph.stopped();
    },
    running: () => pool.counts().active,
  };
}
