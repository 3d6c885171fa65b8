export const flights: {
  readonly records: number;
  readonly key: string;
  readonly value: string;
  readonly fractions: string;
};

/** The path of the flights in this format; written on the first call. */
export function flightsPath(format: 'csv' | 'ndjson' | 'csv.gz' | 'ndjson.gz'): string;

export const stocksPath: string;
