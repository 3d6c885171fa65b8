import type { Random } from '../random.ts';

/** V8's generator. */
export class NodeRandom implements Random {
  next(): number {
    return Math.random();
  }
}
