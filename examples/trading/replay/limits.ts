/** The rules that an order must keep. */

import type { Order } from '../order.ts';

/** Most shares in one order. */
export const quantityMax = 1_000;

/** Why `order` is refused by a desk that owns `position` shares; undefined where it may go to the exchange. */
export function objection({ side, quantity }: Order, position: number): string | undefined {
  if (quantity > quantityMax) return `quantity ${quantity} exceeds limit ${quantityMax}`;
  if (side === 'SELL' && quantity > position) return `sale of ${quantity} from a position of ${position}`;
  return undefined;
}
