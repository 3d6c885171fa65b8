/** One call of `ctx.effect`, for whoever stands in for the world in a test. */
export interface EffectCall {
  /** Name of the actor. */
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

/** Lets an actor begin some turns, and no more until there are more. */
export interface TurnAllowance {
  /** No turn may begin now. Whoever allows more tells the actor. */
  readonly isUsedUp: boolean;
}

/** How a turn came to nothing. */
export type TurnLoss = { readonly kind: 'failed'; readonly error: unknown } | { readonly kind: 'killed' };

/** What a test decides while actors work. */
export interface WorkRehearsal {
  /** An actor is made. @returns how many turns it may begin; null for as many as it likes. */
  allowanceOf(actor: string): TurnAllowance | null;
  /** The incarnation of an actor ends before its time: what its turn has staged is about to be forgotten. */
  turnLost(actor: string, loss: TurnLoss): void;
  /** Answers an effect: with a value, a promise or an error, from `call.run` or of its own. */
  effect(call: EffectCall): unknown;
  /** A call of a handler or a source has returned `promise`. @returns what ends the turn instead. */
  asyncTurn(actor: string, promise: Promise<unknown>): Promise<unknown>;
}
