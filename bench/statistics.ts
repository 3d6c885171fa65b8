/** The middle value and the ends of a sample. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Minimum and maximum, not a deviation: a handful of rounds has no shape, and an outlier must stay visible. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), min: percentile(values, 0), max: percentile(values, 1) };
}

/** The value below which `share` (0 to 1) of the values lie, interpolated between the two nearest. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('a percentile needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * The spread of `values[i] / by[i]`, over the rounds in which both have a value, or `undefined` when there is none.
 *
 * Divides round by round: the two were measured one after the other, so a slow minute of the machine cancels out.
 */
export function spreadOfRatios(
  values: readonly (number | undefined)[],
  by: readonly (number | undefined)[],
): Spread | undefined {
  const ratios = values.flatMap((value, round) => {
    const divisor = by[round];
    return value === undefined || divisor === undefined ? [] : [value / divisor];
  });
  return ratios.length === 0 ? undefined : spreadOf(ratios);
}
