// Decides from samples of its memory whether a process grew.

/** Fewer samples say nothing. */
export const SAMPLES_MIN = 12;
/** Growth from the first to the last third that is still called none: caches, code, fragments. */
export const HEAP_GROWTH_BYTES_MAX = 4 * 1_048_576;
export const RSS_GROWTH_BYTES_MAX = 32 * 1_048_576;

/**
 * Compares the medians of the first and of the last third, the first quarter left out: that is when buffers fill, keys are
 * met for the first time and code is compiled.
 */
export function memoryVerdict(samples) {
  if (samples.length < SAMPLES_MIN) return { kind: 'tooShort' };
  const settled = samples.slice(Math.floor(samples.length / 4));
  const third = Math.floor(settled.length / 3);
  const growth = (key) => median(settled.slice(-third), key) - median(settled.slice(0, third), key);
  const heapGrowthBytes = growth('heapBytes');
  const rssGrowthBytes = growth('rssBytes');
  const isSteady = heapGrowthBytes <= HEAP_GROWTH_BYTES_MAX && rssGrowthBytes <= RSS_GROWTH_BYTES_MAX;
  return { kind: isSteady ? 'steady' : 'grows', heapGrowthBytes, rssGrowthBytes };
}

function median(samples, key) {
  const sorted = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
