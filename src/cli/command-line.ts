import { Command, CommanderError } from 'commander';
import { createRequire } from 'node:module';
import process from 'node:process';
import { addBeatLessons } from './beat-lessons.ts';
import { addIngestLesson } from './ingest-lesson.ts';
import { guardOutputs } from './outputs.ts';
import { addReplay } from './replay-command.ts';
import { addTradingLesson } from './trading-lesson.ts';
import { UsageError } from './usage-error.ts';

/** How a run can end, besides by a second signal. */
export const exitStatus = { success: 0, failure: 1, usage: 2 } as const;

/** Runs the command that `args` (without node and script) ask for. @returns the status to exit with. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  guardOutputs();
  let status: number = exitStatus.success;
  const program = createProgram((result) => {
    status = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.success : exitStatus.usage;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(asErrorLine(error.message));
    return exitStatus.usage;
  }
}

function createProgram(done: (status: number) => void): Command {
  const program = new Command('holdfast')
    .description('Long-running services as supervised actors joined by bounded channels.')
    .version(version())
    .exitOverride() // subcommands inherit this and the next: what is wrong is told in one line, and ends in our status
    .configureOutput({ outputError: (text, write) => write(asErrorLine(text.replace(/^error: /, ''))) });
  const lesson = program.command('lesson').description('run one of the lessons (the programs in examples/)');
  addBeatLessons(lesson, done);
  addIngestLesson(lesson, done);
  addTradingLesson(lesson, done);
  addReplay(program, done);
  return program;
}

function asErrorLine(text: string): string {
  return `holdfast: ${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`;
}

function version(): string {
  const manifest = createRequire(import.meta.url)('holdfast/package.json') as { readonly version: string };
  return manifest.version;
}
