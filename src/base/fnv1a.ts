/** Where a hash of 32 bits begins. */
export const FNV_OFFSET = 0x811c9dc5;

/**
 * Goes on with a hash over the UTF-16 code units of `text`. Not for keys that an attacker chooses.
 *
 * Source: FNV-1a, 32 bits, Fowler, Noll and Vo. Differs: code units in place of bytes.
 */
export function fnv1a(hash: number, text: string): number {
  let mixed = hash;
  for (let index = 0; index < text.length; index += 1) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  return mixed;
}
