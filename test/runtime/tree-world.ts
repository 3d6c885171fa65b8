/** What the tests of supervisors, policies and owners have in common. */
import { defineActor, type Graph, input } from '../../src/index.ts';

export type Order = 'work' | 'crash' | 'exit';

/** Counts what it handles. */
export const worker = defineActor({
  inputs: { mailbox: input<Order>({ capacity: 8 }) },
  state: () => ({ handled: 0 }),
  on: {
    mailbox(order, { state, exit }) {
      state.handled += 1;
      if (order === 'crash') throw new Error('crash');
      if (order === 'exit') exit();
    },
  },
});

/** Keeps, in order, `+a.2` for an incarnation that has started, `-a.1:crashed` for one that has ended. */
export function traceOf(graph: Graph): string[] {
  const trace: string[] = [];
  graph.subscribe((event) => {
    if (event.kind === 'actorStarted') trace.push(`+${event.actor}.${event.regeneration + 1}`);
    if (event.kind === 'actorStopped') trace.push(`-${event.actor}.${event.regeneration + 1}:${event.exit.kind}`);
  });
  return trace;
}
