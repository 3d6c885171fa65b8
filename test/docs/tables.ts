/** Reads the tables of the documents, for the tests that compare them with the code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export function readProjectFile(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

/** The part of a document under the heading `## heading`. */
export function section(text: string, heading: string): string {
  const [, found] = text.split(new RegExp(`^## ${heading}$`, 'm'));
  if (found === undefined) throw new Error(`no heading "## ${heading}"`);
  return found.split(/^## /m)[0] ?? '';
}

/** The cells of each row of the tables in `text`, without head and rule. */
export function rows(text: string): string[][] {
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  return lines.filter((_, index) => !isRule(lines[index]) && !isRule(lines[index + 1])).map(cells);
}

function isRule(line: string | undefined): boolean {
  return line !== undefined && /^\|[\s:|-]+\|$/.test(line);
}

/** What stands between backquotes, in order. */
export function quoted(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}
