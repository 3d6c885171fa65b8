import { type ActorRef, defineActor, output } from 'holdfast';
import type { MarketDataMessage } from './market-data-feed.ts';
import type { OrderBookMessage } from './order-book.ts';
import type { Step } from './script.ts';

export interface TraderParts {
  readonly script: readonly Step[];
  readonly say: (line: string) => void;
  readonly waitMs: (ms: number) => number;
  readonly book: ActorRef<OrderBookMessage>;
  /** Says how the desk has done, when it has executed that many orders. */
  readonly tellStatistics: (executed: number) => void;
}

/** An answer waits behind the orders that are under way, however many these are. */
const answerTimeoutMs = 600_000;

/** Goes through the script, a step in a turn, asks for the statistics, and then for the shutdown. */
export function trader({ script, say, waitMs, book, tellStatistics }: TraderParts) {
  return defineActor({
    outputs: { market: output<MarketDataMessage>(), orders: output<OrderBookMessage>() },
    state: () => ({ step: 0, submitted: 0 }),

    async run({ outputs: { market, orders }, state, running, next, commit, after, call, requestShutdown }) {
      while (running() && state.step < script.length) {
        const step = script[state.step]!; // in range
        state.step += 1;
        switch (step.kind) {
          case 'say':
            for (const line of step.lines) say(line);
            break;
          case 'start':
            say('[Supervisor] Starting market data feed');
            market.send({ kind: 'start' });
            break;
          case 'submit':
            for (const order of step.orders) orders.send({ kind: 'placeOrder', order });
            state.submitted += step.orders.length;
            break;
          case 'wait':
            await next(after(waitMs(step.ms))); // or until somebody stops the graph
        }
        await commit();
      }
      tellStatistics(
        await call(book, (reply) => ({ kind: 'getExecutedCount', reply }), { timeoutMs: answerTimeoutMs }),
      );
      requestShutdown('the session is over');
    },
  });
}
