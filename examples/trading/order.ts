export type Side = 'BUY' | 'SELL';

export interface Order {
  readonly orderId: string;
  readonly symbol: string;
  readonly side: Side;
  /** Shares, 1 or more. */
  readonly quantity: number;
  /** In currency units a share. */
  readonly price: number;
}
