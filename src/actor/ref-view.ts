import type { OutputEnd } from '../channel/output-end.ts';
import type { Ring } from '../channel/ring.ts';
import type { Actor } from './actor.ts';
import { mailboxOf } from './actor-ref.ts';
import type { Casts } from './context.ts';
import type { Fence } from './fence.ts';

type Caster = Pick<Actor, 'turn' | 'runtime' | 'outputs'>;

/** A ref as one context sees it. */
export class RefView implements Casts<unknown> {
  readonly #fence: Fence;
  readonly #actor: Caster;
  readonly #ref: unknown;

  constructor(fence: Fence, actor: Caster, ref: unknown) {
    this.#fence = fence;
    this.#actor = actor;
    this.#ref = ref;
  }

  cast(message: unknown): void {
    this.#fence.check('cast');
    looseEndAt(this.#actor, ringOf(this.#actor, 'ctx.to', this.#ref)).stage(message);
  }
}

/** The mailbox behind a ref that a turn uses: a mistake keeps it from committing. */
export function ringOf({ turn, runtime }: Caster, api: string, ref: unknown): Ring {
  try {
    return mailboxOf(api, ref, runtime);
  } catch (error) {
    throw turn.poisoned(error as Error); // it throws nothing else
  }
}

/** The end of an actor at a mailbox that it need not be wired to. */
export function looseEndAt({ turn }: Caster, ring: Ring): OutputEnd {
  return turn.looseEndAt(ring);
}
