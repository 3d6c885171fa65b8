import { defineActor, input, output } from 'holdfast';
import { fullLimit, type RiskMessage } from '../session/risk-manager.ts';

/** `tell`: the risk manager has begun anew, and knows of no limit. */
export type LimiterMessage = 'failed' | 'quiet' | 'tell';

export interface LimiterParts {
  /** So long without a failure is a step up. */
  readonly quietMs: number;
}

const leastLimit = 500;

/** Halves the position limit with each failed execution, and doubles it again with each quiet time. */
export function limiter({ quietMs }: LimiterParts) {
  return defineActor({
    inputs: { mailbox: input<LimiterMessage>({ capacity: 16 }) },
    outputs: { risk: output<RiskMessage>() },
    state: () => ({ quantityMax: fullLimit }),

    on: {
      mailbox(message, { state, outputs, timers }) {
        if (message === 'tell') {
          if (state.quantityMax < fullLimit) outputs.risk.send({ kind: 'setLimit', quantityMax: state.quantityMax });
          return;
        }
        const wanted = message === 'failed' ? state.quantityMax / 2 : state.quantityMax * 2;
        const quantityMax = Math.min(fullLimit, Math.max(leastLimit, wanted));
        if (quantityMax !== state.quantityMax) outputs.risk.send({ kind: 'setLimit', quantityMax });
        state.quantityMax = quantityMax;
        if (quantityMax < fullLimit) timers.once('quiet', quietMs, 'quiet'); // from now on, if one was set before
      },
    },
  });
}
