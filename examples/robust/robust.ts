/**
 * Lesson 3: the actors of `standard`, and every one of them fails.
 *
 * ```
 *   generator ──numbers──▶ worker ──words──▶ logger ──counted──▶ (ledger)
 *   heartbeat ──beats────────┘
 * ```
 *
 * What to watch: an actor that fails comes back with its state as last committed and takes the same message again; a
 * message that fails time and again becomes a dead letter instead of blocking the rest; the neighbours notice nothing;
 * and at the end each value was counted exactly once or is a dead letter. Which fault happens when is in `faults.ts`. In
 * a run with few beats some come only in the drain after the last beat, or not at all.
 */

import { Graph } from 'holdfast';
import type { BeatOptions, Lesson } from '../lesson.ts';
import type { Word } from '../standard/fizz-buzz.ts';
import { Ledger } from '../standard/ledger.ts';
import { generator } from './generator.ts';
import { heartbeat } from './heartbeat.ts';
import { logger } from './logger.ts';
import { tell } from './tell.ts';
import { worker } from './worker.ts';

export interface RobustOptions extends BeatOptions {
  /** Is told each failure, restart and dead letter, in a line. */
  readonly say?: (line: string) => void;
}

export function buildRobust({ rateMs, beats: beatCount, graph: graphOptions, say }: RobustOptions): Lesson {
  const graph = new Graph({ ...graphOptions, name: 'robust' });
  const beats = graph.channel<number>('beats', { capacity: 64 });
  const numbers = graph.channel<number>('numbers', { capacity: 64 });
  const words = graph.channel<Word>('words', { capacity: 64 });
  const counted = graph.channel<number>('counted', { capacity: 64 });

  graph.actor('heartbeat', heartbeat, { beats }, { args: { rateMs, beats: beatCount } });
  graph.actor('generator', generator, { numbers });
  graph.actor('worker', worker, { beats, numbers, words }, { showstopperAfter: 3 });
  graph.actor('logger', logger, { words, counted }, { showstopperAfter: 3 });

  const ledger = new Ledger();
  graph.sink('ledger', counted, (value) => ledger.noteCounted(value));
  if (say !== undefined) graph.subscribe((event) => tell(event, say));
  return { graph, verify: () => ledger.verify(graph) };
}
