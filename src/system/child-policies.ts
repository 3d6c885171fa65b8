import { MAILBOX_PORT, mailboxOf } from '../actor/actor-ref.ts';
import type { BreakerOptions, ChildPolicies } from '../actor/child-policies.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { ActorSettings } from '../actor/settings.ts';
import { checkKnownKeys, invalidOption } from '../base/options.ts';
import type { Ring } from '../channel/ring.ts';
import { alertSettings, breakerSettings, fallbackSettings } from '../supervision/child-parts.ts';
import type { ChildSpec } from '../supervision/child.ts';
import { ShrinkingLimit } from '../supervision/shrinking-limit.ts';
import type { WiredPorts } from './wired.ts';
import { Channel } from './channel.ts';
import { fallbackRole, type Role } from './stand-in.ts';
import type { AnyDefinition } from './wired-cell.ts';

/** The policies of a child, checked and complete. */
export interface PolicySettings {
  readonly spec: Pick<ChildSpec, 'alert' | 'breaker' | 'fallback' | 'lowers'>;
  /** Who gets what is sent to it while its breaker is open. */
  readonly divertTo: Ring | null;
  /** Who stands in for it; undefined where nobody does. */
  readonly fallback: Role | undefined;
}

/** What the policies of an actor are checked against. */
export interface PolicySite {
  readonly runtime: Runtime;
  readonly actor: string;
  readonly definition: AnyDefinition;
  readonly settings: ActorSettings;
  readonly channels: WiredPorts;
}

/** Checks the policies of a child. @returns undefined if it has none. @throws HoldfastError `ERR_INVALID_OPTION`. */
export function policySettings(
  { alert, breaker, fallback, lowers }: ChildPolicies,
  site: PolicySite,
): PolicySettings | undefined {
  if ([alert, breaker, fallback, lowers].every((policy) => policy === undefined)) return undefined;
  if (lowers !== undefined && !(lowers instanceof ShrinkingLimit)) {
    throw invalidOption('lowers', 'a limit made by shrinkingLimit', lowers);
  }
  const { divertTo, ...options } = breaker ?? {};
  const role = fallback && fallbackRole(site.actor, fallback, site.definition);
  const spec = {
    alert: alert && alertSettings(alert),
    breaker: breaker && checkedBreaker(options as BreakerOptions),
    fallback: fallback && fallbackSettings(fallback.options, site.settings.backoff.resetAfterMs),
    lowers,
  };
  const divertedTo = divertTo === undefined ? null : checkedDiversion(divertTo, site);
  return Object.freeze({ spec, divertTo: divertedTo, fallback: role });
}

/** The same without a fallback. */
export function withoutFallback({ spec: { fallback: _, ...spec }, divertTo }: PolicySettings): PolicySettings {
  return Object.freeze({ spec: { ...spec, fallback: undefined }, divertTo, fallback: undefined });
}

/** How a supervisor keeps an actor. */
export function specOf(settings: ActorSettings, policies: PolicySettings | undefined): ChildSpec {
  if (policies === undefined) return settings; // shared by all that have no policies
  const { restart, shutdown, significant, backoff, maxRestarts, periodMs } = settings;
  return Object.freeze({ restart, shutdown, significant, backoff, maxRestarts, periodMs, ...policies.spec });
}

function checkedBreaker(options: BreakerOptions): NonNullable<ChildSpec['breaker']> {
  checkKnownKeys('breaker', options, ['maxFailures', 'periodMs', 'resetTimeoutMs', 'divertTo']);
  return breakerSettings(options);
}

/** The mailbox that gets what was meant for the child. */
function checkedDiversion(given: unknown, { runtime, definition, channels }: PolicySite): Ring {
  const spec = definition.inputs[MAILBOX_PORT];
  if (spec?.kind !== 'input') throw invalidOption('breaker.divertTo', 'left out for an actor without a mailbox', given);
  const ring = mailboxOf('breaker.divertTo', given, runtime);
  const wired = channels[MAILBOX_PORT];
  const own = wired instanceof Channel ? wired.ring().schema : (spec.schema ?? null);
  // Messages have been checked, and perhaps transformed, by the schema of the child when they are diverted.
  if (ring.schema === own) return ring;
  throw invalidOption('breaker.divertTo', 'a ref whose mailbox has the same schema as that of the actor', given);
}
