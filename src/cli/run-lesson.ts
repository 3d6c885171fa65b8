import process from 'node:process';
import type { Lesson } from '../../examples/lesson.ts';
import { type Report, reportOf } from './report.ts';
import { summaryOf, verdictOf } from './summary.ts';

export interface RunOptions {
  readonly json: true | undefined;
  /** Where the summary for people goes, if it is wanted. */
  readonly summaryTo: NodeJS.WritableStream;
}

/** Runs `lesson` to its end and reports on it. @returns 0 if it did its job and stopped cleanly, else 1. */
export async function runLesson(name: string, lesson: Lesson, { json, summaryTo }: RunOptions): Promise<number> {
  const stopped = await run(lesson);
  const report = reportOf(name, lesson, stopped);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    const conclusion = lesson.conclusion?.();
    const lines = conclusion === undefined ? [summaryOf(report)] : [...conclusion, verdictOf(report)];
    summaryTo.write(`${lines.join('\n')}\n`);
  }
  if (report.incomplete !== undefined) complain(report.incomplete);
  return isSuccess(report) ? 0 : 1;
}

async function run({ graph }: Lesson): Promise<Report['stopped']> {
  try {
    await graph.run();
    return 'clean';
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 'unclean';
  }
}

function isSuccess({ stopped, lost, doubled, incomplete }: Report): boolean {
  return stopped === 'clean' && lost === 0 && doubled === 0 && incomplete === undefined;
}

function complain(text: string): void {
  process.stderr.write(`holdfast: ${text}\n`);
}
