import { messageIdAt } from '../actor/burial.ts';
import type { DeadLetter } from '../actor/dead-letter.ts';
import { HoldfastError, isHoldfastError } from '../base/errors.ts';
import { checkKnownKeys, invalidOption } from '../base/options.ts';
import { hasPassed, originOf } from '../channel/output-end.ts';
import type { Ring } from '../channel/ring.ts';
import { Channel } from './channel.ts';
import type { GraphCore } from './graph-core.ts';

/** Options of `deadLetters.replay`. */
export interface ReplayOptions<Out = unknown, In = Out> {
  /** The channel to send to. Default: for each letter the one that it is about. */
  readonly to?: Channel<Out, In>;
  /**
   * Gives the payload to send instead, or `undefined` to leave this letter out. Payloads may be frozen: return a new one. If
   * it throws or rejects, the replay ends there and rejects with the same.
   */
  readonly edit?: (payload: unknown, letter: DeadLetter) => In | undefined | Promise<In | undefined>;
  /** Ends the replay between two letters, or while it waits for room: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What became of the letters of a replay. */
export interface ReplayReport {
  /** Those that were sent again, each with the identity of its new message. */
  readonly replayed: readonly { readonly id: number; readonly messageId: string }[];
  /** The others. Unless they are gone, they are kept as they were. */
  readonly left: readonly LetterLeft[];
}

/** A dead letter that was not sent again, and why. */
export type LetterLeft =
  /** `edit` left it out. */
  | { readonly kind: 'leftOut'; readonly id: number }
  /** It was discarded, evicted or replayed by somebody else, after the replay had begun. */
  | { readonly kind: 'gone'; readonly id: number }
  /** Another replay has it in hand. */
  | { readonly kind: 'busy'; readonly id: number }
  /**
   * Its channel does not take it: the message does not fit the schema, or the channel is closed, unknown or overloaded, nobody
   * reads it, or the graph stops.
   */
  | { readonly kind: 'refused'; readonly id: number; readonly error: HoldfastError };

/** What a replay needs of the graph. */
export interface ReplayPlace {
  readonly core: GraphCore;
  readonly channelNamed: (name: string) => Channel<unknown> | undefined;
}

/** @throws HoldfastError `ERR_INVALID_OPTION`. */
export function checkReplayOptions<Out, In>(
  { core, channelNamed }: ReplayPlace,
  options: ReplayOptions<Out, In>,
): ReplayOptions {
  checkKnownKeys('deadLetters.replay', options, ['to', 'edit', 'signal']);
  // Which messages the channel takes was checked by the compiler, against what `edit` gives.
  const { to, edit } = options as unknown as ReplayOptions;
  if (to !== undefined && !(to instanceof Channel && channelNamed(to.name) === to)) {
    throw invalidOption('deadLetters.replay: to', `a channel of graph "${core.name}"`, to);
  }
  if (edit !== undefined && typeof edit !== 'function') {
    throw invalidOption('deadLetters.replay: edit', 'a function', edit);
  }
  return options as unknown as ReplayOptions;
}

/** Sends letters again, one after the other, so that a replay never has more than one message on the way. */
export async function replayAll(
  place: ReplayPlace,
  letters: readonly DeadLetter[],
  options: ReplayOptions,
): Promise<ReplayReport> {
  const store = place.core.letters.store;
  const replayed: { id: number; messageId: string }[] = [];
  const left: LetterLeft[] = [];
  for (const letter of letters) {
    options.signal?.throwIfAborted();
    const { id } = letter;
    const claim = store.claim(letter);
    if (claim !== 'claimed') {
      left.push({ kind: claim, id });
      continue;
    }
    const replay = new Replay(place, letter, options);
    try {
      const outcome = await replay.run();
      if (outcome.kind === 'replayed') replayed.push({ id, messageId: outcome.messageId });
      else left.push(outcome);
    } finally {
      replay.end();
    }
  }
  return { replayed, left };
}

/** One letter on its way into a channel. It leaves the store in the very step in which its message is in the channel. */
class Replay {
  readonly #place: ReplayPlace;
  readonly #letter: DeadLetter;
  readonly #options: ReplayOptions;
  /** The new message, once it is in its channel. */
  #messageId: string | undefined;

  constructor(place: ReplayPlace, letter: DeadLetter, options: ReplayOptions) {
    this.#place = place;
    this.#letter = letter;
    this.#options = options;
  }

  async run(): Promise<LetterLeft | { readonly kind: 'replayed'; readonly messageId: string }> {
    const letter = this.#letter;
    const { id } = letter;
    const { edit, to, signal } = this.#options;
    const payload = edit === undefined ? letter.payload : await edit(letter.payload, letter);
    if (payload === undefined) return { kind: 'leftOut', id };
    const channel = to ?? this.#place.channelNamed(letter.channel);
    if (channel === undefined) return { kind: 'refused', id, error: this.#unknownChannel() };
    try {
      // No end of its own: a replay must not keep a channel open that its senders have closed.
      const replay = { hasPassed: edit === undefined && hasPassed(letter, channel.name), entered: this.#entered };
      await channel.deliver(payload, signal === undefined ? {} : { signal }, false, replay);
    } catch (error) {
      if (signal?.aborted === true || !isHoldfastError(error)) throw error;
      return { kind: 'refused', id, error };
    }
    return { kind: 'replayed', messageId: this.#messageId as string };
  }

  /** However it went, the letter is not in hand any more. */
  end(): void {
    if (this.#messageId === undefined) this.#place.core.letters.store.unclaim(this.#letter);
  }

  readonly #entered = (ring: Ring): void => {
    const letter = this.#letter;
    const { core } = this.#place;
    const messageId = messageIdAt(core, ring, ring.size - 1);
    this.#messageId = messageId;
    ring.markReplay(originOf(letter));
    core.letters.store.leave(letter);
    core.emit({ kind: 'replayed', letter, channel: ring.name, messageId });
  };

  #unknownChannel(): HoldfastError {
    const { channel } = this.#letter;
    const graph = this.#place.core.name;
    const message = `graph "${graph}" has no channel "${channel}": name one with the option "to"`;
    return new HoldfastError('ERR_UNKNOWN_CHANNEL', message, { graph, channel });
  }
}
