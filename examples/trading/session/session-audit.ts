import type { ActorSnapshot, DeadLetter, Graph } from 'holdfast';
import type { Verification } from '../../lesson.ts';
import type { Order } from '../order.ts';

/** What a desk has been through. */
export interface Statistics {
  readonly marketDataRestarts: number;
  readonly riskManagerRestarts: number;
  readonly ordersExecuted: number;
}

/** Compares the orders that were submitted with those that were executed or are dead letters. */
export class SessionAudit {
  readonly #graph: Graph;
  /** Orders that became dead letters, kept or not. */
  #deadOrders = 0;

  /** To be made before the graph starts. */
  constructor(graph: Graph) {
    this.#graph = graph;
    graph.deadLetters.subscribe((letter) => {
      if (orderIn(letter) !== undefined) this.#deadOrders += 1;
    });
  }

  /** Of the desk of `symbol`; without one, of all desks. */
  statistics(symbol: string = ''): Statistics {
    const { actors } = this.#graph.snapshot({ tables: false });
    const inRole = (role: string): readonly ActorSnapshot[] => actors.filter(({ name }) => name.endsWith(`${symbol}/${role}`)); // prettier-ignore
    const restartsOf = (role: string): number => sum(inRole(role), ({ restarts }) => restarts);
    return {
      marketDataRestarts: restartsOf('market'),
      riskManagerRestarts: restartsOf('risk'),
      ordersExecuted: sum(inRole('executor'), (actor) => numberIn(actor, 'executed')),
    };
  }

  verify(): Verification {
    const { actors } = this.#graph.snapshot({ tables: false });
    const sumIn = (role: string, key: string): number =>
      sum(actors, (actor) => (actor.name.endsWith(role) ? numberIn(actor, key) : 0));
    const submitted = sumIn('trader', 'submitted');
    const statistics = this.statistics();
    const missing = submitted - statistics.ordersExecuted - this.#deadOrders;
    const exposure = sumIn('/risk', 'exposure');
    return {
      lost: Math.max(missing, 0),
      doubled: Math.max(-missing, 0),
      figures: {
        submitted,
        executed: statistics.ordersExecuted,
        'dead letters': this.#deadOrders,
        'market data restarts': statistics.marketDataRestarts,
        'risk manager restarts': statistics.riskManagerRestarts,
        exposure,
      },
      results: { ...statistics, exposure },
    };
  }

  /** The orders that nobody will execute, and why. */
  conclusion(): readonly string[] {
    const lines = this.#graph.deadLetters.list().flatMap((letter) => {
      const order = orderIn(letter);
      if (order === undefined) return [];
      const { reason, text, attempts } = letter;
      return [`Order ${order.orderId} is a dead letter: ${reason}, attempts: ${attempts}, ${text}`];
    });
    return ['', ...lines];
  }
}

function orderIn({ payload }: DeadLetter): Order | undefined {
  // Every message of the desk that has an order has it under this name.
  return (payload as { readonly order?: Order } | null)?.order;
}

function numberIn({ state }: ActorSnapshot, key: string): number {
  return Number(Reflect.get(state ?? {}, key) ?? 0);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
