/** How many records were seen, and a fingerprint of which they were, in constant memory. */
export interface Tally {
  records: number;
  /** Sum of the line numbers on which they start, modulo 2^32: tells one record lost and another doubled from none. */
  lineSum: number;
}

export function emptyTally(): Tally {
  return { records: 0, lineSum: 0 };
}

export function addRecord(tally: Tally, line: number): void {
  tally.records += 1;
  tally.lineSum = (tally.lineSum + line) >>> 0;
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = emptyTally();
  for (const { records, lineSum } of tallies) {
    sum.records += records;
    sum.lineSum = (sum.lineSum + lineSum) >>> 0;
  }
  return sum;
}

/** What came `out` of what went `into` the graph. */
export function compare(into: Tally, out: Tally): { readonly lost: number; readonly doubled: number } {
  const missing = into.records - out.records;
  const mixedUp = missing === 0 && into.lineSum !== out.lineSum ? 1 : 0;
  return { lost: Math.max(missing, 0) + mixedUp, doubled: Math.max(-missing, 0) + mixedUp };
}
