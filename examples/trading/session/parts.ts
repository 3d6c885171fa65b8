import type { Order } from '../order.ts';

/** What the actors of one symbol share. */
export interface Parts {
  readonly symbol: string;
  /** Is told what happens, in a line. */
  readonly say: (line: string) => void;
  /** How long to wait for what takes `ms` in reality. */
  readonly waitMs: (ms: number) => number;
  /** How many prices the feed has. */
  readonly ticks: number;
  /** How many connections of the feed fail. Never do this in production: real faults come by themselves. */
  readonly failedConnections: number;
  /** Most shares in one order, at a time as of `ctx.nowMs()`. */
  readonly quantityMax: (nowMs: number) => number;
  /** The orders at which the risk manager fails. */
  readonly failsOn: (order: Order) => boolean;
  /** How many attempts to execute an order fail. */
  readonly failedExecutions: (order: Order) => number;
}
