/** Randomness, for jitter and for `ctx.random()`. The real one is not for secrets. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}
