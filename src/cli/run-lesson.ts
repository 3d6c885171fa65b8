import process from 'node:process';
import type { Lesson } from '../../examples/lesson.ts';
import type { CommonOptions } from './options.ts';
import { printLine } from './outputs.ts';
import { type Report, reportOf } from './report.ts';
import { summaryOf } from './summary.ts';

/** Runs `lesson` to its end and reports on it. @returns 0 after a clean stop with nothing lost or doubled, else 1. */
export async function runLesson(name: string, lesson: Lesson, { json }: CommonOptions): Promise<number> {
  const stopped = await stop(lesson);
  const report = reportOf(name, lesson, stopped);
  printLine(json ? JSON.stringify(report) : summaryOf(report));
  return isSuccess(report) ? 0 : 1;
}

/** Runs the graph, and says on standard error why it did not stop cleanly, if it did not. */
export async function stop(lesson: Lesson): Promise<Report['stopped']> {
  try {
    await lesson.graph.run();
    return 'clean';
  } catch (error) {
    process.stderr.write(`holdfast: ${error instanceof Error ? error.message : String(error)}\n`);
    return 'unclean';
  }
}

export function isSuccess({ stopped, lost, doubled }: Report): boolean {
  return stopped === 'clean' && lost === 0 && doubled === 0;
}
