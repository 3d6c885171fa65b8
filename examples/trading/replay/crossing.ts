/** The strategy: buys when the short average of the prices rises above the long one, sells when it falls below. */

import type { Order } from '../order.ts';

/** Prices in the short average and in the long one. */
export const shortPrices = 3;
export const longPrices = 10;

/** What a purchase is to cost at the most, in currency units. */
export const budget = 10_000;

/** What the strategy knows about one symbol. */
export interface Crossing {
  /** The latest prices, oldest first, at most `longPrices` of them. */
  readonly recent: number[];
  /** Where the short average was when it last differed from the long one. */
  trend: 'unknown' | 'above' | 'below';
  /** Shares of its last purchase, which its next sale sells again; 0 after that. */
  holding: number;
  /** Orders it has placed, which number the next one. */
  placed: number;
}

export function emptyCrossing(): Crossing {
  return { recent: [], trend: 'unknown', holding: 0, placed: 0 };
}

/** Takes one price into account, and answers the order that follows from it, if one does. */
export function observe(crossing: Crossing, symbol: string, price: number): Order | undefined {
  const { recent } = crossing;
  recent.push(price);
  if (recent.length > longPrices) recent.shift();
  if (recent.length < longPrices) return undefined;

  const before = crossing.trend;
  const difference = averageOfLast(recent, shortPrices) - averageOfLast(recent, longPrices);
  if (difference !== 0) crossing.trend = difference > 0 ? 'above' : 'below';
  if (before === 'unknown' || before === crossing.trend) return undefined;
  return crossing.trend === 'above' ? buy(crossing, symbol, price) : sell(crossing, symbol, price);
}

function buy(crossing: Crossing, symbol: string, price: number): Order | undefined {
  const quantity = Math.floor(budget / price);
  if (quantity === 0) return undefined;
  crossing.holding = quantity;
  return place(crossing, { symbol, side: 'BUY', quantity, price });
}

function sell(crossing: Crossing, symbol: string, price: number): Order | undefined {
  const quantity = crossing.holding;
  if (quantity === 0) return undefined;
  crossing.holding = 0;
  return place(crossing, { symbol, side: 'SELL', quantity, price });
}

function place(crossing: Crossing, order: Omit<Order, 'orderId'>): Order {
  crossing.placed += 1;
  return { orderId: `${order.symbol}-${crossing.placed}`, ...order };
}

/** Added up anew each time: a running sum would drift, and these are few. */
function averageOfLast(prices: readonly number[], count: number): number {
  let sum = 0;
  for (let at = prices.length - count; at < prices.length; at += 1) sum += prices[at]!; // both ends are in range
  return sum / count;
}
