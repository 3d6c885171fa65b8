/**
 * The place, from 0 and below `size`, that a key with this hash of 32 bits has among `size` places: always the same one. With one
 * place more, or less, a key keeps its place or, one in `size`, moves to the last one, or from it.
 *
 * Source: jump consistent hash, Lamping and Veach 2014. Differs: draws from a generator of 32 bits (mulberry32).
 */
export function jumpHash(hash: number, size: number): number {
  let seed = hash;
  let place = 0;
  for (;;) {
    seed = (seed + 0x6d2b79f5) | 0;
    const next = Math.floor((place + 1) / ((draw(seed) + 1) / 2 ** 32));
    if (next >= size) return place;
    place = next;
  }
}

/** 32 bits, as a number from 0. */
function draw(seed: number): number {
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
