import type { Command } from 'commander';
import type { LessonGraphOptions } from '../../examples/lesson.ts';
import { buildMinimum } from '../../examples/minimum.ts';
import { buildRobust } from '../../examples/robust/robust.ts';
import { buildStandard } from '../../examples/standard/standard.ts';
import { addCommonOptions, type CommonOptions, milliseconds, wholeNumber } from './options.ts';
import { printLine } from './outputs.ts';
import { runLesson } from './run-lesson.ts';

interface BeatLessonOptions extends CommonOptions {
  readonly rate: number;
  readonly beats: number;
}

/** The lessons that live by a heartbeat: `minimum`, `standard` and `robust`. */
export function addBeatLessons(lessons: Command, done: (status: number) => void): void {
  beatLesson(lessons, 'minimum', 'one actor, its timing, its shutdown').action(async (options: BeatLessonOptions) => {
    done(await runLesson('minimum', buildMinimum(settingsOf(options)), options));
  });
  beatLesson(lessons, 'standard', 'a generator, a heartbeat, a worker and a logger: one batch per beat').action(
    async (options: BeatLessonOptions) => {
      done(await runLesson('standard', buildStandard(settingsOf(options)), options));
    },
  );
  beatLesson(lessons, 'robust', 'the same, with failures in all four actors, and a proof that nothing was lost').action(
    async (options: BeatLessonOptions) => {
      const say = options.json ? {} : { say: printLine };
      done(await runLesson('robust', buildRobust({ ...settingsOf(options), ...say }), options));
    },
  );
}

function beatLesson(lessons: Command, name: string, description: string): Command {
  const command = lessons
    .command(name)
    .description(description)
    .option('--rate <ms>', 'milliseconds from beat to beat', milliseconds, 1_000)
    .option('--beats <count>', 'beats until the shutdown', wholeNumber(1), 60);
  return addCommonOptions(command);
}

function settingsOf({ rate, beats, logLevel }: BeatLessonOptions): {
  readonly rateMs: number;
  readonly beats: number;
  readonly graph: LessonGraphOptions;
} {
  return { rateMs: rate, beats, graph: logLevel === undefined ? {} : { logLevel } };
}
