import { erlangNumbers } from '../erlang.ts';
import { restartFigures, restartSamples } from '../restart-samples.ts';
import type { Effort, Figures } from '../scenario.ts';

/** A `gen_server` under a `one_for_one` supervisor; Erlang warms up and takes the times itself. */
export async function measure(effort: Effort): Promise<Figures> {
  const samples = restartSamples(effort);
  const samplesNs = await erlangNumbers('restarts', [samples]);
  return restartFigures(
    samplesNs.map((ns) => ns / 1_000),
    samples,
  );
}
