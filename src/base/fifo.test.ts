import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fifo } from './fifo.ts';

test('gives what an array gives, whatever is pushed, shifted and taken out', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const) }) },
    fc.record({ kind: fc.constant('shift' as const) }),
    fc.record({ kind: fc.constant('removeAt' as const), at: fc.nat(40) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      steps.forEach((next, number) => {
        if (next.kind === 'push') {
          fifo.push(number);
          model.push(number);
        } else if (model.length > 0) {
          const at = next.kind === 'shift' ? 0 : next.at % model.length;
          const [expected] = model.splice(at, 1);
          expect(next.kind === 'shift' ? fifo.shift() : fifo.removeAt(at)).toBe(expected);
        }
        expect(fifo.size).toBe(model.length);
      });
    }),
  );
});
