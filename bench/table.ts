/** A Markdown table. Aligns the first `leftColumns` columns to the left and the others, which are numbers, to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], leftColumns: number): string[] {
  const widths = header.map((heading, column) =>
    Math.max(3, heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const padded = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? '';
      return column < leftColumns ? cell.padEnd(width) : cell.padStart(width);
    });
  const rule = widths.map((width, column) => (column < leftColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(padded(header)), line(rule), ...rows.map((row) => line(padded(row)))];
}
