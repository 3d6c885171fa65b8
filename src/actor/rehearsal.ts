/** One call of `ctx.effect`, for whoever stands in for the world in a test. */
export interface EffectCall {
  readonly actor: string;
  /** As the actor calls it. */
  readonly name: string;
  /** As `ctx.turnId`: the same in each attempt of the same turn. */
  readonly turnId: string;
  /** As `ctx.attempt`. */
  readonly attempt: number;
  /** Does what the actor wants done. */
  readonly run: () => unknown;
}

/** What a test decides while actors work. */
export interface WorkRehearsal {
  /** Answers an effect: with a value, a promise or an error, from `call.run` or of its own. */
  effect(call: EffectCall): unknown;
  /** A call of a handler or a source has returned `promise`. @returns what ends the turn instead. */
  asyncTurn(actor: string, promise: Promise<unknown>): Promise<unknown>;
}
