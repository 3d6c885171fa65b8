import { type Command, Option } from 'commander';
import process from 'node:process';
import { openInput } from '../../examples/ingest/open-input.ts';
import type { Rejected } from '../../examples/ingest/parse.ts';
import { RecordReader } from '../../examples/ingest/record-reader.ts';
import type { Book } from '../../examples/trading/replay/book.ts';
import { PlainDesk } from '../../examples/trading/replay/plain-desk.ts';
import { quoteColumns, survey } from '../../examples/trading/replay/quotes.ts';
import { buildReplay } from '../../examples/trading/replay/replay.ts';
import { buildResilience } from '../../examples/trading/resilience/resilience.ts';
import { buildSession } from '../../examples/trading/session/session.ts';
import { addCommonOptions, type CommonOptions, decimalNumber, wholeNumber } from './options.ts';
import { progressLine } from './progress-line.ts';
import { runLesson } from './run-lesson.ts';
import { orUsageError, UsageError } from './usage-error.ts';

interface TradingLessonOptions extends CommonOptions {
  readonly mode: 'session' | 'resilience';
  readonly speed: number;
  readonly replay?: string;
  readonly chaos?: number;
  readonly seed: number;
}

export function addTradingLesson(lessons: Command, done: (status: number) => void): void {
  const command = lessons
    .command('trading')
    .description('a trading desk under supervisors: its failures, and what becomes of the orders')
    .addOption(
      new Option('--mode <mode>', 'the session of the article, or what a supervisor can do besides restarting')
        .choices(['session', 'resilience'])
        .default('session'),
    )
    .option('--speed <factor>', 'divides all waits of the session', decimalNumber(0.001, 1_000_000), 1)
    .option('--replay <file>', 'instead, replay quotes from a CSV file with symbol and price, plain or gzip')
    .option('--chaos <rate>', 'how likely a quote of the replay is to kill a random actor', decimalNumber(0, 1))
    .option('--seed <number>', 'decides about the kills', wholeNumber(0), 1);
  addCommonOptions(command).action(async (options: TradingLessonOptions) => done(await trading(options)));
}

async function trading(options: TradingLessonOptions): Promise<number> {
  const { mode, speed, replay: path, chaos, json, logLevel } = options;
  if (path !== undefined && mode !== 'session') throw new UsageError("option '--replay' has no mode");
  if (path !== undefined) return replay(path, options);
  if (chaos !== undefined) throw new UsageError("option '--chaos' needs quotes: say which with '--replay <file>'");
  const build = mode === 'session' ? buildSession : buildResilience;
  const lesson = build({
    speed,
    graph: { logLevel: logLevel ?? 'fatal' }, // the story tells of the failures, and has two of them
    ...(json ? {} : { say: (line) => process.stdout.write(`${line}\n`) }),
  });
  return runLesson('trading', lesson, { json, summaryTo: process.stdout });
}

async function replay(path: string, { chaos, seed, json, logLevel }: TradingLessonOptions): Promise<number> {
  const expected = await booksWithoutActors(path);
  await using input = await orUsageError(openInput(path));
  const rejections = new Rejections();
  const lesson = buildReplay({
    reader: await orUsageError(RecordReader.open(input, 'csv', quoteColumns)),
    expected,
    tellRejected: (rejected) => rejections.tell(rejected),
    ...(chaos === undefined ? {} : { chaos: { rate: chaos, seed } }),
    ...(process.stderr.isTTY ? { showProgress: progressLine(input) } : {}),
    graph: { logLevel: logLevel ?? 'fatal' }, // a kill is an error, and here no news
  });
  try {
    return await runLesson('trading', lesson, { json, summaryTo: process.stdout });
  } finally {
    rejections.end();
  }
}

/** Reads the file once before the actors do: they need to know its symbols, and what they do is measured by this. */
async function booksWithoutActors(path: string): Promise<ReadonlyMap<string, Book>> {
  if (path === '-') throw new UsageError('a replay reads its file twice, which cannot be done with standard input');
  await using input = await orUsageError(openInput(path));
  if (input.bytesTotal === undefined) {
    throw new UsageError(`a replay reads its file twice, which cannot be done with "${path}": it is no regular file`);
  }
  const desk = new PlainDesk();
  const reader = await orUsageError(RecordReader.open(input, 'csv', quoteColumns));
  const { symbols, firstRejected } = await orUsageError(survey(reader, (quote) => desk.see(quote)));
  if (symbols.length === 0) {
    const why = firstRejected === undefined ? 'it has a header only' : lineOf(firstRejected);
    throw new UsageError(`"${path}" has no quotes: ${why}`);
  }
  return desk.books;
}

/** Tells of records that were no quotes, the first of them one by one. */
class Rejections {
  #count = 0;

  tell(rejected: Rejected): void {
    this.#count += 1;
    if (this.#count <= rejectionsTold) process.stderr.write(`holdfast: ${lineOf(rejected)}\n`);
  }

  end(): void {
    const more = this.#count - rejectionsTold;
    if (more > 0) process.stderr.write(`holdfast: and ${more} more lines that are no quotes\n`);
  }
}

const rejectionsTold = 20;

function lineOf({ line, reason }: Rejected): string {
  return `line ${line}: ${reason}`;
}
