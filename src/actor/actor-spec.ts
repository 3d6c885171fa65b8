import type { Ring } from '../channel/ring.ts';
import type { Behaviour, InputSpecs, OutputSpecs } from './definition.ts';
import type { ActorSettings } from './settings.ts';

/** What an actor is made of. */
export interface ActorSpec {
  readonly name: string;
  readonly inputs: InputSpecs;
  readonly outputs: OutputSpecs;
  readonly behaviour: Behaviour;
  readonly settings: ActorSettings;
  readonly args: unknown;
  /** The ring wired to each input and output, by name; one for each lane of a bundle. */
  readonly rings: ReadonlyMap<string, Ring | readonly Ring[]>;
}
