/**
 * Flow control for libraries whose mailboxes have no bound, as in the Erlang lanes: a sender may have so many messages on
 * the way, and whoever handles them grants more when half of them are done. Granting one by one would double the messages.
 *
 * Source of the rule: RabbitMQ's credit_flow, {InitialCredit, MoreCreditAfter}.
 */
export interface Credit {
  readonly initial: number;
  readonly grant: number;
}

/** For one sender that has `capacity` to itself. */
export function creditFor(capacity: number): Credit {
  return { initial: 2 * Math.floor(capacity / 2), grant: Math.floor(capacity / 2) };
}
