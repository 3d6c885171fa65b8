export interface MemorySample {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export type MemoryVerdict =
  | { readonly kind: 'tooShort' }
  | { readonly kind: 'steady' | 'grows'; readonly heapGrowthBytes: number; readonly rssGrowthBytes: number };

export const SAMPLES_MIN: number;
export const HEAP_GROWTH_BYTES_MAX: number;
export const RSS_GROWTH_BYTES_MAX: number;
export function memoryVerdict(samples: readonly MemorySample[]): MemoryVerdict;
