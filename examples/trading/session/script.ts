/** What is done to the desk, and when. */

import type { Order, Side } from '../order.ts';

export type Step =
  | { readonly kind: 'say'; readonly lines: readonly string[] }
  | { readonly kind: 'start' }
  /** All in one turn. */
  | { readonly kind: 'submit'; readonly orders: readonly Order[] }
  | { readonly kind: 'wait'; readonly ms: number };

export function order(symbol: string, orderId: string, side: Side, quantity: number, price: number): Order {
  return { orderId, symbol, side, quantity, price };
}

/** The risk manager fails on an order with this name. */
export const failingOrder = 'ORDER-FAIL';

/** The session of the article that this lesson follows. */
export function session(symbol: string): readonly Step[] {
  const numbered = (number: number, side: Side): Step[] => [
    { kind: 'submit', orders: [order(symbol, `ORDER-${number}`, side, 100, 100 + number)] },
    { kind: 'wait', ms: 200 },
  ];
  return [
    { kind: 'start' },
    { kind: 'wait', ms: 2_000 },
    heading('Submitting Orders'),
    ...[0, 1, 2, 3, 4].flatMap((number) => numbered(number, number % 2 === 0 ? 'BUY' : 'SELL')),
    heading('Triggering Risk Manager Failure'),
    { kind: 'submit', orders: [order(symbol, failingOrder, 'BUY', 500, 105)] },
    { kind: 'wait', ms: 3_000 },
    heading('Submitting Orders After Recovery'),
    ...[5, 6, 7].flatMap((number) => numbered(number, 'BUY')),
    { kind: 'wait', ms: 1_000 },
  ];
}

function heading(text: string): Step {
  return { kind: 'say', lines: ['', `=== ${text} ===`, ''] };
}
