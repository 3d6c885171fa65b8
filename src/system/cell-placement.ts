import type { OwnInputSpec } from '../actor/definition.ts';
import type { Runtime } from '../actor/runtime.ts';
import type { ActorSettings } from '../actor/settings.ts';
import type { Restored } from '../actor/start-state.ts';
import type { ChildSpec } from '../supervision/child.ts';
import type { ActorCell } from './actor-cell.ts';
import type { Channel } from './channel.ts';
import type { PolicySettings } from './child-policies.ts';
import type { OwnedChildren } from './owned-children.ts';
import type { Roster } from './roster.ts';
import type { SupervisorNode } from './supervisor-node.ts';

/** What becomes of a channel that an actor opens for an input of its own. */
export interface OwnChannelUse {
  /** The graph knows it by its name. */
  readonly isKnown: boolean;
  /** It stays open until it is let go: whoever has the ref of the actor may send at any time. */
  readonly isHeld: boolean;
}

/** What a cell needs of its graph, and what it has in common with others: shared by all actors without options. */
export interface Placement {
  readonly runtime: Runtime;
  readonly supervisor: SupervisorNode;
  /** Takes away the place of an actor that is gone for good; null for those that were there from the start. */
  readonly forget: ((cell: ActorCell) => void) | null;
  readonly settings: ActorSettings;
  /** How its supervisor keeps it. Of those without policies, their settings. */
  readonly spec: ChildSpec;
  /** What its supervisor does for it besides restarting it; undefined for most. */
  readonly policies: PolicySettings | undefined;
  /** What the actor starts from instead of what its definition makes. */
  readonly restored: Restored | undefined;
  /** Definitions of which an actor has begun: what they make can be rolled back. */
  readonly checked: WeakSet<object>;
  /** Those that are awake. */
  readonly roster: Roster;
  /** Its children, of an actor that may own some. */
  readonly familyOf: (cell: ActorCell) => OwnedChildren | undefined;
  /** Makes the channel of an input that was left unwired. */
  readonly openOwnChannel: (name: string, spec: OwnInputSpec<unknown>, use: OwnChannelUse) => Channel<unknown>;
}
