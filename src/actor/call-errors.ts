import { HoldfastError } from '../base/errors.ts';
import type { ErrorRecord, NewDeadLetter } from './dead-letter.ts';
import type { ReplyPort } from './reply-port.ts';

/** What went wrong in another actor, as the cause of an error here. */
export function causeOf(record: ErrorRecord | undefined): ErrorOptions {
  return record === undefined ? {} : { cause: record };
}

export function callTimeout(port: ReplyPort<never>): HoldfastError<'ERR_CALL_TIMEOUT'> {
  const { callee: actor, timeoutMs, ring } = port;
  const caller = port.caller.name;
  const { size, capacity } = ring;
  const to = caller === undefined ? '' : ` to "${caller}"`;
  const message = `actor "${actor}" did not reply${to} within ${timeoutMs} ms (mailbox ${size}/${capacity}): raise timeoutMs, or send it less`;
  return new HoldfastError('ERR_CALL_TIMEOUT', message, { actor, caller, timeoutMs, waiting: size, capacity });
}

export function actorGone(
  actor: string,
  { caller }: Pick<ReplyPort<never>, 'caller'>,
): HoldfastError<'ERR_ACTOR_GONE'> {
  const from = caller.name === undefined ? 'a call' : `a call of "${caller.name}"`;
  const message = `actor "${actor}" is gone for good: nobody will reply to ${from}`;
  return new HoldfastError('ERR_ACTOR_GONE', message, { actor });
}

export function noReply(actor: string, why: string): HoldfastError<'ERR_NO_REPLY'> {
  const message = `actor "${actor}" will never reply: ${why}`;
  return new HoldfastError('ERR_NO_REPLY', message, { actor });
}

export function deadLettered(
  actor: string,
  { reason, text, channel, error }: Pick<NewDeadLetter, 'reason' | 'text' | 'channel' | 'error'>,
): HoldfastError<'ERR_CALL_DEAD_LETTER'> {
  const message = `the request to actor "${actor}" became a dead letter (${reason}): ${text}`;
  return new HoldfastError('ERR_CALL_DEAD_LETTER', message, { actor, channel, reason, text }, causeOf(error));
}
