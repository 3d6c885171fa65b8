import { writeFile } from 'node:fs/promises';
import { messageOf, type ChildAnswer, type ChildRequest } from './child-protocol.ts';
import { profiled } from './cpu-profile.ts';
import { SCENARIOS } from './scenarios.ts';

// Entry of the child process that measures one lane once. It leads a process group of its own, Erlang included, and
// takes the group with it when the parent is gone.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));

process.once('message', (message) => {
  // Safe: the parent of a forked child is the only one that can send to it.
  void answer(message as ChildRequest).then((reply) => process.send?.(reply, () => process.exit()));
});

async function answer({ scenario, lane, effort, profileTo }: ChildRequest): Promise<ChildAnswer> {
  try {
    const found = SCENARIOS.find(({ name }) => name === scenario)?.lanes.find(({ name }) => name === lane);
    if (found === undefined) throw new Error(`no lane "${lane}" in scenario "${scenario}"`);
    if (profileTo === undefined) return { kind: 'measured', figures: await found.measure(effort) };
    const { result, profile } = await profiled(() => found.measure(effort));
    await writeFile(profileTo, JSON.stringify(profile));
    return { kind: 'measured', figures: result };
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}
