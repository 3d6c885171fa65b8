import {
  type ActorDefinition,
  type Channel,
  defineActor,
  type Graph,
  type HandlerContext,
  input,
  type OwnInputSpec,
} from '../../src/index.ts';
import { productionGraph } from '../production-graph.ts';
import type { RestartRun } from '../restart-samples.ts';

const CRASH = -1;
const WORK = 1;

type State = { total: number };
type Context = HandlerContext<Record<never, never>, State, undefined>;

/** Whether this attempt at the message is to crash. */
type Crashes = (message: number, context: Context) => boolean;

type Child = ActorDefinition<{ readonly work: OwnInputSpec<number> }, Record<never, never>, State, undefined>;

/** Places the child. */
type Place = (graph: Graph, child: Child, options: { readonly showstopperAfter?: number }) => Channel<number>;

const atTheRoot: Place = (graph, child, options) =>
  graph.actor('child', child, {}, { ...options, maxRestarts: Infinity }).input('work');

/** Which counts the restarts of the last second, and has never had enough of them. */
const underSupervisor: Place = (graph, child, options) =>
  graph.supervisor('supervisor', { maxRestarts: 1_000_000, periodMs: 1_000 }, (supervisor) => ({
    work: supervisor.actor('child', child, {}, options).input('work'),
  })).work;

/** The message at fault becomes a dead letter, and the next regeneration handles the message behind it. */
export const runDeadLetter: RestartRun = (samples) =>
  run(samples, atTheRoot, [CRASH, WORK], (message) => message === CRASH, { deadLetters: samples });

/** The same under a supervisor of its own. */
export const runSupervised: RestartRun = (samples) =>
  run(samples, underSupervisor, [CRASH, WORK], (message) => message === CRASH, { deadLetters: samples });

/** The next regeneration handles the same message: its second attempt comes without a delay. */
export const runRetry: RestartRun = (samples) =>
  run(samples, atTheRoot, [WORK], (_, context) => context.attempt === 1, { deadLetters: 0 });

/** One crash after the other, in a graph with nothing else to do; the sender waits for each to be over. */
async function run(
  samples: number,
  place: Place,
  messages: readonly number[],
  crashes: Crashes,
  expected: { readonly deadLetters: number },
): Promise<readonly number[]> {
  const samplesUs: number[] = [];
  let crashedMs = 0;
  let recovered: () => void = () => {};

  const child = defineActor({
    inputs: { work: input<number>({ capacity: 64 }) },
    state: (): State => ({ total: 0 }),
    on: {
      work(message, context) {
        if (crashes(message, context)) {
          crashedMs = performance.now();
          throw new Error('crash');
        }
        samplesUs.push((performance.now() - crashedMs) * 1_000);
        context.state.total += message;
        recovered();
      },
    },
  });

  // As in the bare lane and in Erlang, nothing is kept of a crash but its number; here also the latest dead letters.
  const graph = productionGraph({ deadLetters: { whenFull: 'evict' } });
  const work = place(graph, child, expected.deadLetters > 0 ? { showstopperAfter: 1 } : {});
  graph.start();

  for (let sample = 0; sample < samples; sample += 1) {
    const recovery = new Promise<void>((resolve) => {
      recovered = resolve;
    });
    for (const message of messages) if (!work.trySend(message).ok) throw new Error('the channel was full');
    await recovery;
  }

  graph.requestShutdown();
  await graph.stopped();
  const letters = graph.deadLetters.total;
  if (letters !== expected.deadLetters) throw new Error(`${letters} dead letters, not ${expected.deadLetters}`);
  const { restarts = 0, turns = 0 } = graph.snapshot().actors[0] ?? {};
  if (restarts !== samples) throw new Error(`the child was restarted ${restarts} times, not ${samples}`);
  if (turns !== samples) throw new Error(`the child committed ${turns} turns, not ${samples}`);
  return samplesUs;
}
