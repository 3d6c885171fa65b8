export interface IngestReferenceOptions {
  readonly format: 'csv' | 'ndjson';
  readonly key: string;
  readonly value: string;
  readonly recordBytesMax?: number;
}

export interface IngestReferenceResult {
  /** The NDJSON text, each line with its line end. */
  readonly result: string;
  /** The rejected records in input order. */
  readonly deadLetters: readonly { readonly line: number; readonly reason: string; readonly text: string }[];
  /** How many records the input has, rejected ones included and the header not. */
  readonly records: number;
}

/** Throws for a CSV input whose header cannot be used. */
export function ingestReference(input: Uint8Array | string, options: IngestReferenceOptions): IngestReferenceResult;
