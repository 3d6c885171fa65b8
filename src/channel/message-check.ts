import { HoldfastError } from '../base/errors.ts';
import { asyncSchema, checkAgainst, type Misfit, misfitOf, pathsText, schemaThrew } from '../base/schema.ts';
import type { Ring } from './ring.ts';

/** What the schema of a channel makes of a message. */
export type MessageCheck =
  /** It may be sent: `message` is what the schema made of it. */
  { readonly kind: 'valid'; readonly message: unknown } | Misfit;

const UNDEFINED: Misfit = misfitOf('the schema made undefined of it, which is no message');

/**
 * Checks a message that is about to be sent, by whomever: every way into a channel passes here. What is in the channel
 * already has passed, and is not checked again.
 *
 * @throws HoldfastError `ERR_ASYNC_SCHEMA`, `ERR_SCHEMA_THREW`: the schema is at fault, and not the message.
 */
export function checkMessage({ name, schema }: Pick<Ring, 'name' | 'schema'>, message: unknown): MessageCheck {
  if (schema === null) return { kind: 'valid', message };
  const check = checkAgainst(schema, message);
  switch (check.kind) {
    case 'valid':
      return check.value === undefined ? UNDEFINED : { kind: 'valid', message: check.value };
    case 'invalid':
      return check;
    case 'async':
      throw asyncSchema(`channel "${name}"`);
    case 'threw':
      throw schemaThrew(`channel "${name}"`, check.error);
  }
}

/** For a sender outside the graph, who gets the message back. */
export function invalidMessage(
  channel: string,
  misfit: Misfit,
  undelivered: unknown,
): HoldfastError<'ERR_INVALID_MESSAGE'> {
  const message = `the message does not fit the schema of channel "${channel}": ${pathsText(misfit)} (details.issues says why)`;
  return new HoldfastError('ERR_INVALID_MESSAGE', message, { channel, issues: misfit.issues, undelivered });
}
