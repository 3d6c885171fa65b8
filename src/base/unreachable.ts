/** Marks the branch of an exhaustive `switch` that no value reaches: a new variant stops compiling here. */
export function unreachable(value: never): never {
  throw new Error(`unreachable variant: ${String(value)}`);
}
