import type { MessageInHand } from './events.ts';

/** A message that a failed turn had in hand, as the rule of an actor is told of it. */
export interface SuspectMessage extends MessageInHand {
  /** Name of the input in the definition. */
  readonly input: string;
  /** Which lane of the input, where it is a bundle; else -1. */
  readonly lane: number;
  /** Name of the channel that it is in. */
  readonly channel: string;
  /** As the turn got it. */
  readonly message: unknown;
}

/**
 * What becomes of the messages that a failed turn had in hand:
 *
 * - `"default"`: what would happen without a rule: `showstopperAfter` decides.
 * - `"retry"`: nobody becomes a dead letter now, beyond `showstopperAfter` either. All keep their attempts.
 * - an index, or several: those become dead letters now, and the others start again at 0.
 */
export type ShowstopperAnswer = 'default' | 'retry' | number | readonly number[];

/**
 * Decides which messages become dead letters when a turn has failed.
 *
 * @param inHand - What the turn took or, if it took nothing, peeked at; ticks excepted. Each input's messages in order; the
 * input that was taken from last comes last, so that the message taken last is the last one.
 * @param error - What the turn failed with.
 */
export type ShowstopperRule = (inHand: readonly SuspectMessage[], error: unknown) => ShowstopperAnswer;
