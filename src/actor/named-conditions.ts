import type { Vetoes } from './context.ts';

/** The named conditions of a loop that would end but for them: it goes on until all of them hold. */
export class NamedConditions {
  readonly #conditions: Vetoes;

  constructor(conditions: Vetoes) {
    this.#conditions = conditions;
  }

  /** All of them hold. All are asked, always; throws what one of them throws. */
  get allHold(): boolean {
    const answers = Object.values(this.#conditions).map((holds) => holds());
    return answers.every((answer) => answer);
  }

  /** Names of those that do not hold, for a report; one that throws is among them. */
  vetoing(): string[] {
    const holds = (condition: () => boolean): boolean => {
      try {
        return condition();
      } catch {
        return false;
      }
    };
    return Object.entries(this.#conditions)
      .filter(([, condition]) => !holds(condition))
      .map(([name]) => name);
  }
}
