import { messageOf, type ChildAnswer, type ChildRequest } from './child-protocol.ts';
import { SCENARIOS } from './scenarios.ts';

// Entry of the child process that measures one lane once. It leads a process group of its own, Erlang included, and
// takes the group with it when the parent is gone.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));

process.once('message', (message) => {
  // Safe: the parent of a forked child is the only one that can send to it.
  void answer(message as ChildRequest).then((reply) => process.send?.(reply, () => process.exit()));
});

async function answer({ scenario, lane, effort }: ChildRequest): Promise<ChildAnswer> {
  try {
    const found = SCENARIOS.find(({ name }) => name === scenario)?.lanes.find(({ name }) => name === lane);
    if (found === undefined) throw new Error(`no lane "${lane}" in scenario "${scenario}"`);
    return { kind: 'measured', figures: await found.measure(effort) };
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}
