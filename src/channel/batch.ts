import { HoldfastError } from '../base/errors.ts';
import { checkInteger, checkKnownKeys, checkNumber } from '../base/options.ts';

/** When a turn with several messages of an input begins: whichever comes first. */
export interface BatchOptions {
  /** Greatest number of messages in a turn, 1 or more: with so many there, the turn begins at once. No default. */
  readonly size: number;
  /**
   * How long the first message of a batch waits for others, in milliseconds; `Infinity` waits for all of them. Default 0: a
   * turn takes what is there.
   */
  readonly timeoutMs?: number;
}

/** The options of a batch, complete. */
export type Batch = Required<BatchOptions>;

/** Checks the options of a batch and completes them. */
export function batchOf(what: string, options: BatchOptions): Batch {
  checkKnownKeys(what, options, ['size', 'timeoutMs']);
  const { size, timeoutMs = 0 } = options;
  checkInteger(`${what}.size`, size, 1);
  checkNumber(`${what}.timeoutMs`, timeoutMs, 0, true);
  return Object.freeze({ size, timeoutMs });
}

/** Refuses a channel that can never hold a whole batch: such a batch would always wait for its timeout. */
export function checkBatchFits(
  actor: string,
  port: string,
  batch: Batch | undefined,
  channel: { readonly name: string; readonly capacity: number },
): void {
  const { name, capacity } = channel;
  if (batch === undefined || batch.size <= capacity) return;
  const message = `actor "${actor}": "${port}" takes batches of ${batch.size}, and its channel "${name}" holds ${capacity} messages at the most: raise the capacity or make the batches smaller`;
  throw new HoldfastError('ERR_OVER_CAPACITY', message, { channel: name, capacity, asked: batch.size });
}
