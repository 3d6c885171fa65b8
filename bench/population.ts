import type { Effort, Figures } from './scenario.ts';
import { messageAt, throughputOf, timed } from './throughput.ts';

const MESSAGES = 2_000_000;

/** Messages that are on the way at once: as many as 10 channels of capacity 64 hold. */
export const AT_ONCE = 640;

const WARM_UP_ACTORS = 1_000;
const WARM_UP_MESSAGES = 64_000;
/** Populations of at least so many shrink with the effort, so that each actor has as many messages as in a full run. */
const SCALED_FROM = 100_000;

/** Receives messages one at a time; `send` never waits. */
export interface Crowd {
  readonly send: (actor: number, message: number) => void;
  /** Resolves when the messages sent so far have been handled; to be called after each `AT_ONCE`. */
  readonly handled: () => Promise<void>;
  /** How many messages have arrived since the crowd was made, and their sum. */
  readonly totals: () => { readonly count: number; readonly sum: number };
  readonly end?: () => Promise<void>;
}

export type MakeCrowd = (actors: number) => Crowd | Promise<Crowd>;

/**
 * Sends the same number of messages to populations of different sizes: one to each actor in turn, from outside, at most 640 on
 * the way. Making the actors is not measured, waking them is.
 *
 * @param woken - Whether every actor has handled messages before the clock starts.
 */
export async function measurePopulation(
  make: MakeCrowd,
  actors: number,
  effort: Effort,
  woken: boolean,
): Promise<Figures> {
  const startMs = performance.now();
  do await warmUp(make);
  while (performance.now() - startMs < effort.warmUpMs);

  const messages = Math.ceil(MESSAGES * effort.scale);
  const count = actors < SCALED_FROM ? actors : Math.ceil(actors * effort.scale);
  const crowd = await make(count);
  if (woken) await sendAll(crowd, count, count);
  globalThis.gc?.(); // the garbage of making them is not this pass's to pay for
  const before = crowd.totals();
  const pass = await timed(async () => {
    await sendAll(crowd, count, messages);
    const after = crowd.totals();
    return { count: after.count - before.count, sum: after.sum - before.sum };
  });
  return throughputOf(pass, messages, 0);
}

async function warmUp(make: MakeCrowd): Promise<void> {
  const crowd = await make(WARM_UP_ACTORS);
  await sendAll(crowd, WARM_UP_ACTORS, WARM_UP_MESSAGES);
  await crowd.end?.();
}

async function sendAll(crowd: Crowd, actors: number, messages: number): Promise<void> {
  let actor = 0;
  for (let sent = 0; sent < messages;) {
    for (const until = Math.min(messages, sent + AT_ONCE); sent < until; sent += 1) {
      crowd.send(actor, messageAt(sent));
      actor += 1;
      if (actor === actors) actor = 0;
    }
    await crowd.handled();
  }
}
