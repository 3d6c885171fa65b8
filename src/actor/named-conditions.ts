import { invalidOption } from '../base/options.ts';
import { disown } from '../base/promises.ts';
import type { Vetoes } from './context.ts';

/** The named conditions of a loop that would end but for them: it goes on until all of them hold. */
export class NamedConditions {
  readonly #conditions: Vetoes;

  constructor(conditions: Vetoes) {
    this.#conditions = conditions;
  }

  /**
   * All of them hold. All are asked, always.
   *
   * @throws what one of them throws; HoldfastError `ERR_INVALID_OPTION` where one answers with a promise, which would always
   * count as true.
   */
  get allHold(): boolean {
    const answers = Object.entries(this.#conditions).map(([name, condition]) => answerOf(name, condition));
    return answers.every((answer) => answer);
  }

  /** Names of those that do not hold, for a report; one that throws is among them. */
  vetoing(): string[] {
    const holds = (name: string, condition: () => boolean): boolean => {
      try {
        return answerOf(name, condition);
      } catch {
        return false;
      }
    };
    return Object.entries(this.#conditions)
      .filter(([name, condition]) => !holds(name, condition))
      .map(([name]) => name);
  }
}

function answerOf(name: string, condition: () => boolean): boolean {
  const answer = condition();
  if (!((answer as unknown) instanceof Promise)) return answer;
  disown(answer);
  throw invalidOption(`running: what condition "${name}" answers`, 'true or false, at once', answer);
}
