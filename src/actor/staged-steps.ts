import type { StagedEffect, Turn } from './turn.ts';

/** What a turn does to others when it commits, besides sending to them: steps that cannot fail, in the order of their calls. */
export class StagedSteps implements StagedEffect {
  readonly isSetUp = true;
  #steps: (() => void)[] = [];

  /** @param step - Must not fail, nor run user code. It may send to an actor's own input: nothing that was promised room is left. */
  static stage(turn: Turn, step: () => void): void {
    const staged = (turn.steps ??= new StagedSteps());
    staged.#steps.push(step);
    turn.stageEffect(staged);
  }

  publish(): void {}

  wake(): void {
    for (const step of this.#steps.splice(0)) step();
  }

  rollBack(): void {
    this.#steps = [];
  }
}
