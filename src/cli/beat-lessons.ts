import type { Command } from 'commander';
import process from 'node:process';
import type { BeatOptions, Lesson } from '../../examples/lesson.ts';
import { buildMinimum } from '../../examples/minimum.ts';
import { buildRobust } from '../../examples/robust/robust.ts';
import { buildStandard } from '../../examples/standard/standard.ts';
import { addCommonOptions, type CommonOptions, milliseconds, wholeNumber } from './options.ts';
import { runLesson } from './run-lesson.ts';

interface BeatLessonOptions extends CommonOptions {
  readonly rate: number;
  readonly beats: number;
}

interface BeatLesson {
  readonly name: string;
  readonly description: string;
  readonly build: (options: BeatOptions & { readonly say?: (line: string) => void }) => Lesson;
}

/** The lessons that live by a heartbeat. */
const beatLessons: readonly BeatLesson[] = [
  { name: 'minimum', description: 'one actor, its timing, its shutdown', build: buildMinimum },
  { name: 'standard', description: 'four actors: one batch of work per beat', build: buildStandard },
  { name: 'robust', description: 'the same with failures in all four, and nothing lost', build: buildRobust },
];

export function addBeatLessons(lessons: Command, done: (status: number) => void): void {
  for (const { name, description, build } of beatLessons) {
    const command = lessons
      .command(name)
      .description(description)
      .option('--rate <ms>', 'milliseconds from beat to beat', milliseconds, 1_000)
      .option('--beats <count>', 'beats until the shutdown', wholeNumber(1), 60);
    addCommonOptions(command).action(async ({ rate, beats, json, logLevel }: BeatLessonOptions) => {
      const lesson = build({
        rateMs: rate,
        beats,
        graph: logLevel === undefined ? {} : { logLevel },
        ...(json ? {} : { say: (line) => process.stdout.write(`${line}\n`) }),
      });
      done(await runLesson(name, lesson, { json, summaryTo: process.stdout }));
    });
  }
}
