import { expect, test } from 'vitest';
import { InputEnd } from './input-end.ts';
import { Ring } from './ring.ts';

function endOf(...messages: unknown[]): InputEnd {
  const ring = new Ring('numbers', 16);
  for (const message of messages) ring.push(message);
  return new InputEnd({ useInput: (end) => (end.used = true) }, 'numbers', ring, { tick: false, batch: undefined });
}

test('taking moves a mark and leaves the messages in the ring', () => {
  const end = endOf('a', 'b', 'c');
  expect([end.take(1), end.take(2)]).toEqual(['a', 'b']);
  expect([end.ring.size, end.visible, end.waiting]).toEqual([3, 1, 1]);
  expect([end.peek(0), end.peek(1)]).toEqual(['c', undefined]);
  end.reset();
  expect([end.take(1), end.visible]).toEqual(['a', 2]);
});

test.each([-1, -8, NaN, 0.5])('peeking at offset %d finds nothing, whatever the slots hold there', (offset) => {
  const end = endOf(...Array.from({ length: 8 }, (_, n) => n));
  expect(end.peek(offset)).toBeUndefined();
  end.take(1);
  expect(end.peek(offset)).toBeUndefined();
});

test('is drained when closed and all taken, takes of this turn counted', () => {
  const end = endOf('a');
  end.ring.closed = true;
  expect(end.drained).toBe(false);
  end.take(1);
  expect(end.drained).toBe(true);
  end.reset();
  expect(end.drained).toBe(false);
});

test('narrowed, a turn sees what its wait asked for until the messages in hand at the failure are gone', () => {
  const end = endOf('a', 'b', 'c', 'd');
  end.narrow(2);
  end.hide();
  end.show(1);
  expect([end.take(1), end.take(2)]).toEqual(['a', undefined]);
  expect(end.waiting).toBe(3); // hidden from the turn, and there all the same
  end.reset();
  end.ring.drop(1);
  end.hide();
  end.show(1);
  expect(end.visible).toBe(1);
  end.ring.drop(1);
  end.hide();
  end.show(1);
  expect(end.visible).toBe(2);
});

test('narrowed, a turn whose wait asked for nothing here still sees one message: or it would never get past them', () => {
  const end = endOf('a', 'b', 'c');
  end.narrow(2);
  end.hide();
  end.show(0);
  expect(end.visible).toBe(1);
});
