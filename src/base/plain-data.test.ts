import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { BY_IDENTITY, checkSurface, copyPlain, MessageFreezer, ValueFreezer } from './plain-data.ts';

const freezeMessage = (message: unknown): unknown => new MessageFreezer().freeze(message);

describe('copyPlain', () => {
  test('copies every kind of plain data, and shares nothing with the original', () => {
    const original = {
      nested: { list: [1, { deep: 'x' }] },
      when: new Date(5),
      map: new Map([[{ key: 1 }, ['v']]]),
      set: new Set([{ in: 'set' }]),
      bytes: new Uint8Array([1, 2]),
      floats: new Float64Array([0.5]),
      odd: [NaN, -0, 10n, null, undefined, Symbol.for('s')],
    };
    const copy = copyPlain(original, 'state') as typeof original;
    expect(copy).toEqual(original);
    original.nested.list.push(2);
    original.when.setTime(6);
    original.map.clear();
    original.set.clear();
    original.bytes[0] = 9;
    original.floats[0] = 9;
    expect(copy.nested.list).toEqual([1, { deep: 'x' }]);
    expect(copy.when.getTime()).toBe(5);
    expect([...copy.map]).toEqual([[{ key: 1 }, ['v']]]);
    expect([...copy.set]).toEqual([{ in: 'set' }]);
    expect([copy.bytes[0], copy.floats[0]]).toEqual([1, 0.5]);
    expect(Object.is(copy.odd[1], -0)).toBe(true);
  });

  test('a Buffer is copied, not shared: its own slice would share the memory', () => {
    const buffer = Buffer.from('abc');
    const copy = copyPlain(buffer, 'state') as Buffer;
    buffer[0] = 120;
    expect(copy.toString()).toBe('abc');
    expect(Buffer.isBuffer(copy)).toBe(true);
  });

  test('a key named __proto__ stays a key', () => {
    const hostile = JSON.parse('{"__proto__": {"admin": true}}') as object;
    const copy = copyPlain(hostile, 'state') as Record<string, unknown>;
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(copy['admin']).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test('an object without prototype stays one', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(Object.getPrototypeOf(copyPlain(bare, 'state'))).toBeNull();
  });

  test('keeps what is marked as standing for something by identity', () => {
    const channel = Object.create({ [BY_IDENTITY]: true }) as object;
    expect((copyPlain({ channel }, 'state') as { channel: object }).channel).toBe(channel);
  });

  class Money {
    readonly cents = 1;
  }

  test.each([
    ['state.a.b', { a: { b: () => 1 } }, 'a function'],
    ['state.list.1'.replace('.1', ''), { list: [1, new Money()] }, 'an instance of Money'],
    ['state.later', { later: Promise.resolve() }, 'a promise'],
    ['state.pattern', { pattern: /x/ }, 'an instance of RegExp'],
    ['state.dates', { dates: new (class Dates extends Date {})() }, 'an instance of Dates'],
    ['state.view', { view: new DataView(new ArrayBuffer(1)) }, 'an instance of DataView'],
    ['state.m', { m: new Map([[1, new Money()]]) }, 'an instance of Money'],
  ])('refuses at %s', (path, value, found) => {
    expect(() => copyPlain(value, 'state')).toThrow(
      expect.objectContaining({ code: 'ERR_STATE_UNSUPPORTED', details: { path, found } }) as Error,
    );
  });

  test('refuses data that contains itself', () => {
    const self: { self?: unknown } = {};
    self.self = { list: [self] };
    expect(() => copyPlain(self, 'state')).toThrow(/containing itself/);
  });
});

describe('freezeMessage', () => {
  test('freezes plain objects and arrays all the way down, in place', () => {
    const message = { list: [{ x: 1 }], none: null };
    expect(freezeMessage(message)).toBe(message);
    expect([message, message.list, message.list[0]].every(Object.isFrozen)).toBe(true);
  });

  test('copies what cannot be frozen, also inside: the sender cannot change it later', () => {
    const [when, bytes, map] = [new Date(1), Buffer.from('abc'), new Map([['k', { n: 1 }]])];
    const sent = freezeMessage({ when, bytes, map }) as { when: Date; bytes: Buffer; map: typeof map };
    when.setTime(2);
    bytes[0] = 120;
    map.set('k', { n: 2 });
    expect(sent.when.getTime()).toBe(1);
    expect(sent.bytes.toString()).toBe('abc');
    expect(sent.map.get('k')).toEqual({ n: 1 });
    expect(freezeMessage(when)).not.toBe(when);
  });

  test('leaves class instances, functions and what is in their hands alone', () => {
    class Money {
      cents = 1;
    }
    const money = new Money();
    expect(freezeMessage({ money })).toEqual({ money });
    expect([Object.isFrozen(money), freezeMessage(money)]).toEqual([false, money]);
    const map = new Map([['m', money]]);
    expect(freezeMessage(map)).toBe(map);
  });

  test('stands data that contains itself', () => {
    const self: { self?: unknown; other?: unknown } = {};
    self.self = self;
    self.other = { back: self };
    expect(Object.isFrozen(freezeMessage(self))).toBe(true);
  });

  test('a key named __proto__ stays a key', () => {
    const sent = freezeMessage(JSON.parse('{"__proto__": {"at": [1]}}')) as object;
    expect(Object.getPrototypeOf(sent)).toBe(Object.prototype);
    expect(JSON.stringify(sent)).toBe('{"__proto__":{"at":[1]}}');
  });
});

test('a message that was frozen at the surface only is frozen all through', () => {
  const message = Object.freeze({ inner: { list: [1] } });
  freezeMessage(message);
  expect([Object.isFrozen(message.inner), Object.isFrozen(message.inner.list)]).toEqual([true, true]);
});

test.each([
  ['a message', freezeMessage],
  ['a value', (value: unknown): unknown => new ValueFreezer().freeze(value, 'value')],
])('what cannot be frozen is copied in %s that somebody has frozen, or that was frozen elsewhere', (_, freeze) => {
  const surface = () => ({ when: new Date(1), list: Object.freeze([new Date(2)]), get late() { return 1; } }); // prettier-ignore
  for (const lock of [Object.freeze, Object.seal, freezeMessage]) {
    const locked = lock(surface()) as ReturnType<typeof surface>;
    const before = [locked.when, locked.list[0]];
    const sent = freeze(locked) as typeof locked;
    expect(Object.isFrozen(sent) && Object.isFrozen(sent.list)).toBe(true);
    expect(sent).toEqual(surface());
    expect(sent.when).not.toBe(before[0]);
    expect(sent.list[0]).not.toBe(before[1]);
  }
  const own = JSON.parse('{"__proto__": {}, "inner": [{}]}') as { inner: [object] };
  own.inner[0] = Object.freeze({ when: new Date(3) });
  const sent = freeze(Object.freeze(own)) as typeof own;
  expect(Object.keys(sent)).toEqual(['__proto__', 'inner']);
  expect(Object.getPrototypeOf(sent)).toBe(Object.prototype);
});

test('a frozen object is copied each time that it is sent, and what was made of it is passed on as it is', () => {
  const freezer = new MessageFreezer();
  const message = Object.freeze({ inner: Object.freeze({ when: new Date(1) }) });
  const first = freezer.freeze(message) as typeof message;
  const second = freezer.freeze(message) as typeof message;
  expect(first.inner.when).not.toBe(second.inner.when);
  expect(freezer.freeze(first)).toBe(first);
});

test('a message whose getter throws is no more passed on the next time than the first', () => {
  const freezer = new MessageFreezer();
  const bad = { inner: { get now(): number { throw new Error('no'); } } }; // prettier-ignore
  for (const _ of [1, 2]) expect(() => freezer.freeze(bad)).toThrow('no');
});

describe('ValueFreezer', () => {
  const freeze = (value: unknown): unknown => new ValueFreezer().freeze(value, 'value');

  test('freezes plain data all the way down, and copies in it what cannot be frozen', () => {
    const when = new Date(5);
    const value = { list: [{ n: 1 }], when, name: 'x' };
    expect(freeze(value)).toBe(value);
    expect([value, value.list, value.list[0]].every((part) => Object.isFrozen(part))).toBe(true);
    expect(value.when).toEqual(when);
    expect(value.when).not.toBe(when);
    const map = new Map([[1, { n: 1 }]]);
    expect(freeze(map)).toEqual(map);
    expect(freeze(map)).not.toBe(map);
  });

  test('refuses what a snapshot could not have, by its path, and again when it is tried again', () => {
    class Money {}
    const freezer = new ValueFreezer();
    const value = { order: { lines: [{ price: new Money() }] } };
    for (const _ of [1, 2]) {
      expect(() => freezer.freeze(value, 'value')).toThrow('value.order.lines.price is an instance of Money');
    }
    expect(() => freeze({ act: () => 1 })).toThrow('value.act is a function');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => freeze(cycle)).toThrow('containing itself');
  });

  test('looks into what was frozen by somebody else, and not twice into what it has frozen', () => {
    class Money {}
    expect(() => freeze(Object.freeze({ inner: { price: new Money() } }))).toThrow('an instance of Money');
    let reads = 0;
    const inner = {
      deep: { n: 1 },
      get seen() {
        reads += 1;
        return 1;
      },
    };
    const freezer = new ValueFreezer();
    freezer.freeze({ inner }, 'value');
    freezer.freeze({ inner }, 'value');
    expect(reads).toBe(1);
  });

  test('keeps what stands for something by identity, and primitives', () => {
    const channel = Object.create({ [BY_IDENTITY]: true }) as object;
    expect((freeze({ channel }) as { channel: object }).channel).toBe(channel);
    for (const value of [1, 'x', null, undefined, 1n, true]) expect(freeze(value)).toBe(value);
  });
});

describe('checkSurface', () => {
  test('refuses functions and instances, and looks no further', () => {
    class Money {}
    expect(() => checkSurface(new Money(), 'value')).toThrow('value is an instance of Money');
    expect(() => checkSurface(() => 1, 'value')).toThrow('value is a function');
    const fine = [1, null, {}, [], { m: new Money() }, new Date(), new Map(), new Set(), new Uint8Array(1)];
    for (const value of fine) expect(() => checkSurface(value, 'value')).not.toThrow();
  });
});
