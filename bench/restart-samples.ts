import type { Effort, Figures } from './scenario.ts';
import { percentile } from './statistics.ts';

/** The metrics of the restart scenario. */
export const RESTART_P50 = 'p50, µs';
export const RESTART_P99 = 'p99, µs';

const SAMPLES = 5_000;

/**
 * Crashes a child `samples` times and gives the time of each restart in microseconds: from just before the throw to the
 * first message that the next regeneration handles.
 */
export type RestartRun = (samples: number) => Promise<readonly number[]>;

/** Warms up with as many restarts as it then measures. */
export async function measureRestarts(run: RestartRun, effort: Effort): Promise<Figures> {
  const samples = Math.ceil(SAMPLES * effort.scale);
  await run(samples);
  globalThis.gc?.();
  return restartFigures(await run(samples), samples);
}

export function restartFigures(samplesUs: readonly number[], expected: number): Figures {
  if (samplesUs.length !== expected) throw new Error(`${samplesUs.length} restarts were timed, not ${expected}`);
  if (!samplesUs.every((us) => us > 0)) throw new Error('a restart took no time at all: its child was never ready');
  return { [RESTART_P50]: percentile(samplesUs, 0.5), [RESTART_P99]: percentile(samplesUs, 0.99) };
}

/** How many restarts a lane that does its own warm-up has to time. */
export function restartSamples(effort: Effort): number {
  return Math.ceil(SAMPLES * effort.scale);
}
