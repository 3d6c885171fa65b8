/** Runs of the lessons and of a few other programs, under faults, of which every step is written down. */
import type { Graph } from 'holdfast';
import { type Build, replay, type RunPlan } from 'holdfast/testing';
import { SCENARIOS } from '../planted/scenarios.ts';
import { lesson, type Setting } from './lessons.ts';

/** Of the scenarios, those that stand all kinds of faults: they have deadlines, effects and beats, which the lessons lack. */
export const TRACED_SCENARIOS = ['pairs', 'crowd', 'metronome', 'payments', 'journal'] as const;

export type Program =
  /** `inProcess`: as the main job of its process, for there errors go astray. */
  | { readonly kind: 'lesson'; readonly setting: Setting; readonly inProcess: boolean }
  | { readonly kind: 'scenario'; readonly name: (typeof TRACED_SCENARIOS)[number] };

/** Says all about a run; plain data, to be sent to another process. */
export interface TracedRun {
  readonly program: Program;
  readonly plan: RunPlan;
}

/** What the run was, down to the byte. */
export interface Traced {
  readonly hash: string;
  readonly lines: readonly string[];
}

export function buildOf(program: Program): Build {
  if (program.kind === 'scenario') return SCENARIOS[program.name].build;
  const { setting, inProcess } = program;
  return inProcess ? lesson(setting, (graph: Graph) => void graph.run().catch(() => undefined)) : lesson(setting);
}

export async function traced({ program, plan }: TracedRun): Promise<Traced> {
  const { trace } = await replay(buildOf(program), { ...plan, trace: 'steps' });
  return { hash: trace.hash, lines: trace.lines };
}
