import process from 'node:process';
import type { Input } from '../../examples/ingest/open-input.ts';
import type { Progress } from '../../examples/ingest/progress.ts';

const startOfLine = '\r';
const restOfLine = '\u001b[K';

/** Shows progress in one line of the terminal, again and again. */
export function progressLine(input: Input): (progress: Progress) => void {
  return (progress) => {
    process.stderr.write(`${startOfLine}${textOf(progress, input)}${restOfLine}${progress.isLast ? '\n' : ''}`);
  };
}

function textOf({ elapsedMs, records, deadLetters }: Progress, input: Input): string {
  const perSecond = Math.round((records * 1_000) / Math.max(1, elapsedMs));
  // What was read of a packed file runs ahead of what was unpacked: the share may be a little early, but never over.
  const share = input.bytesTotal ? `, ${Math.floor((input.bytesRead() / input.bytesTotal) * 100)} %` : '';
  const grouped = (number: number): string => number.toLocaleString('en');
  return `${grouped(records)} records, ${grouped(perSecond)} a second${share}, ${grouped(deadLetters)} dead letters`;
}
