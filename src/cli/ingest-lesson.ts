import { type Command, Option } from 'commander';
import process from 'node:process';
import { buildIngest } from '../../examples/ingest/ingest.ts';
import { openInput } from '../../examples/ingest/open-input.ts';
import { RecordReader } from '../../examples/ingest/record-reader.ts';
import type { RecordFormat } from '../../examples/ingest/records.ts';
import { openTextFile } from './open-text-file.ts';
import { addCommonOptions, type CommonOptions, wholeNumber } from './options.ts';
import { progressLine } from './progress-line.ts';
import { runLesson } from './run-lesson.ts';
import { orUsageError } from './usage-error.ts';

interface IngestLessonOptions extends CommonOptions {
  readonly input: string;
  readonly key: string;
  readonly value: string;
  readonly format?: RecordFormat;
  readonly lanes: number;
  readonly batch: number;
  readonly crashEvery?: number;
  readonly seed: number;
  readonly output: string;
  readonly deadLetters?: string;
}

export function addIngestLesson(lessons: Command, done: (status: number) => void): void {
  const command = lessons
    .command('ingest')
    .description('count, sum, least and greatest value of each key in a CSV or NDJSON file')
    .requiredOption('--input <file>', 'what to read, plain or gzip; - for standard input')
    .requiredOption('--key <column>', 'the column, or NDJSON field, to group by')
    .requiredOption('--value <column>', 'the column, or NDJSON field, of the numbers')
    .addOption(
      new Option('--format <format>', 'format of the input (default: by its name, else csv)').choices([
        'csv',
        'ndjson',
      ]),
    )
    .option('--lanes <number>', 'actors that share the keys', wholeNumber(1, 256), 1)
    .option('--batch <number>', 'most messages in one turn, of some 256 records each', wholeNumber(1, 1_024), 1)
    .option('--crash-every <records>', 'crash a random actor about every so many records', wholeNumber(1))
    .option('--seed <number>', 'decides about the crashes', wholeNumber(0), 1)
    .option('--output <file>', 'where the result goes; - for standard output', '-')
    .option('--dead-letters <file>', 'where to write the records that were rejected, and why');
  addCommonOptions(command).action(async (options: IngestLessonOptions) => done(await ingest(options)));
}

async function ingest(options: IngestLessonOptions): Promise<number> {
  const { batch, crashEvery, deadLetters, json, lanes, logLevel, output, seed } = options;
  const input = await orUsageError(openInput(options.input));
  try {
    const reader = await orUsageError(RecordReader.open(input, formatOf(options), options));
    const taken = [options.input];
    const openTarget = async (path: string) => {
      const target = await orUsageError(openTextFile(path, taken));
      taken.push(path);
      return { to: target };
    };
    const lesson = buildIngest({
      reader,
      output: output === '-' ? { to: process.stdout, end: false } : await openTarget(output),
      lanes,
      messagesPerTurn: batch,
      ...(deadLetters === undefined ? {} : { deadLetters: await openTarget(deadLetters) }),
      ...(crashEvery === undefined ? {} : { sabotage: { everyRecords: crashEvery, seed } }),
      ...(process.stderr.isTTY ? { showProgress: progressLine(input) } : {}),
      graph: logLevel === undefined ? {} : { logLevel },
    });
    return await runLesson('ingest', lesson, { json, summaryTo: output === '-' ? process.stderr : process.stdout });
  } finally {
    await input[Symbol.asyncDispose]();
  }
}

function formatOf({ format, input }: IngestLessonOptions): RecordFormat {
  return format ?? (/\.(ndjson|jsonl)(\.gz)?$/i.test(input) ? 'ndjson' : 'csv');
}
