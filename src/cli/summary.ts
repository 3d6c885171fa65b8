import type { Report } from './report.ts';

/** The report as two tables and a verdict, for people. */
export function summaryOf(report: Report): string {
  const actors = Object.entries(report.actors).map(([name, { turns, failures, restarts, state }]) => {
    return [name, turns, failures, restarts, inWords(state ?? {})];
  });
  const channels = Object.entries(report.channels).map(([name, { sent, taken, deadLettered, inFlight }]) => {
    return [name, sent, taken, deadLettered, inFlight];
  });
  return [
    '',
    ...table(['actor', 'turns', 'failures', 'restarts', 'state'], actors),
    '',
    ...(channels.length > 0 ? [...table(['channel', 'sent', 'taken', 'dead letters', 'in flight'], channels), ''] : []),
    verdictOf(report),
  ].join('\n');
}

/** The last line: how it stopped, and the figures. */
export function verdictOf({ lesson, stopped, lost, doubled, figures }: Report): string {
  return `${lesson} stopped ${stopped === 'clean' ? 'cleanly' : 'UNCLEANLY'}: ${inWords({ ...figures, lost, doubled })}`;
}

function inWords(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

/** Numbers to the right, text to the left. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  return lines.map((line) => {
    const cells = line.map((cell, column) => {
      const isNumber = typeof rows[0]?.[column] === 'number';
      return isNumber ? String(cell).padStart(widths[column] ?? 0) : String(cell).padEnd(widths[column] ?? 0);
    });
    return cells.join('  ').trimEnd();
  });
}
