/**
 * Lesson 2: several actors, paced by a heartbeat, with back-pressure and an orderly shutdown.
 *
 * ```
 *   generator ──numbers──▶ worker ──words──▶ logger ──counted──▶ (ledger)
 *   heartbeat ──beats────────┘
 * ```
 *
 * Every channel holds 64 messages at the most, so the generator runs ahead by no more than that: at each beat the worker
 * takes a batch of 64, and the generator fills up again. The heartbeat's last beat asks for the shutdown: the generator
 * ends, its channel closes, and the closing ripples on as one actor after the other has finished what is left.
 */

import { Graph } from 'holdfast';
import type { BeatOptions, Lesson } from '../lesson.ts';
import type { Word } from './fizz-buzz.ts';
import { generator } from './generator.ts';
import { heartbeat } from './heartbeat.ts';
import { Ledger } from './ledger.ts';
import { logger } from './logger.ts';
import { worker } from './worker.ts';

export function buildStandard({ rateMs, beats: beatCount, graph: graphOptions }: BeatOptions): Lesson {
  const graph = new Graph({ ...graphOptions, name: 'standard' });
  const beats = graph.channel<number>('beats', { capacity: 64 });
  const numbers = graph.channel<number>('numbers', { capacity: 64 });
  const words = graph.channel<Word>('words', { capacity: 64 });
  const counted = graph.channel<number>('counted', { capacity: 64 });

  graph.actor('heartbeat', heartbeat, { beats }, { args: { rateMs, beats: beatCount } });
  graph.actor('generator', generator, { numbers });
  graph.actor('worker', worker, { beats, numbers, words });
  graph.actor('logger', logger, { words, counted });

  const ledger = new Ledger();
  graph.sink('ledger', counted, (value) => ledger.noteCounted(value));
  return { graph, verify: () => ledger.verify(graph) };
}
