/** Dead letters that leave the process as lines of JSON, and come back. */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { HoldfastError } from 'holdfast';
import {
  type Channel,
  type DeadLetter,
  defineActor,
  Graph,
  type ImportOptions,
  input,
  isHoldfastError,
  type LetterSource,
} from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import { collect, stopCleanly, watch, type World, world } from './world.ts';

interface Office extends World {
  readonly messages: Channel<unknown>;
}

/** A graph whose one actor throws or rejects what it gets. */
function office(options: Parameters<typeof world>[0] = {}): Office {
  const w = world({ actorDefaults: { showstopperAfter: 2 }, ...options });
  const messages = w.graph.channel<unknown>('messages', { capacity: 64 });
  const definition = defineActor({
    inputs: { messages: input<unknown>() },
    on: {
      messages(message, { reject }) {
        if (message === 'throw') throw Object.assign(new RangeError('out of range'), { code: 'E_RANGE' });
        reject('refused');
      },
    },
  });
  w.graph.actor('clerk', definition, { messages });
  w.graph.start();
  return { ...w, messages };
}

async function filled(payloads: readonly unknown[], options: Parameters<typeof world>[0] = {}): Promise<Office> {
  const w = office(options);
  for (const payload of payloads) w.messages.trySend(payload);
  await w.sim.advance(60_000);
  expect(w.graph.deadLetters.count()).toBe(payloads.length);
  return w;
}

/** A graph with nothing in it, to import into. */
function empty(capacity: number = 100, whenFull: 'block' | 'evict' = 'block'): Graph {
  const graph = new Graph({ name: 'other', ports: new Simulation().ports, deadLetters: { capacity, whenFull } });
  graph.channel('messages', { capacity: 1 });
  return graph;
}

const text = ({ graph }: World): string => [...graph.deadLetters.export()].join('');

async function codeOf(importing: Promise<number>): Promise<string> {
  try {
    await importing;
    return 'imported';
  } catch (error) {
    return isHoldfastError(error) ? error.code : `not one of ours: ${String(error)}`;
  }
}

/** Everything but the numbers, which are new, and what is undefined. */
const content = (letters: readonly DeadLetter[]): unknown =>
  letters.map(({ id: _id, error, ...rest }) => ({ ...rest, error: error === undefined ? undefined : { ...error } }));

test('letters come back with all that is known of them, and numbers of their own', async () => {
  const w = await filled([{ order: 1n, at: new Date(5), lines: new Map([['a', -0]]) }, 'throw', 3]);
  const graph = empty();
  expect(await graph.deadLetters.import(w.graph.deadLetters.export())).toBe(3);
  const letters = graph.deadLetters.list();
  expect(content(letters)).toStrictEqual(content(w.graph.deadLetters.list()));
  expect(letters.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(letters[1]).toMatchObject({
    reason: 'showstopper',
    attempts: 2,
    actor: 'clerk',
    error: { name: 'RangeError', code: 'E_RANGE', stack: expect.stringContaining('out of range') as string },
  });
  expect(await graph.deadLetters.import(w.graph.deadLetters.export({ id: 1 }))).toBe(1);
  expect(graph.deadLetters.list().map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect(graph.deadLetters.total).toBe(4);
  graph.checkConservation();
});

test('a line is JSON that can be read, with the payload last', async () => {
  const w = await filled([{ name: 'Ada', at: new Date(0) }]);
  const [letter] = w.graph.deadLetters.list();
  expect(text(w)).toBe(
    `{"v":1,"id":1,"channel":"messages","messageId":"${letter?.messageId}","actor":"clerk","reason":"rejected","text":"refused","attempts":1,"regeneration":0,"wallMs":${letter?.wallMs},"payload":{"name":"Ada","at":{"$date":"1970-01-01T00:00:00.000Z"}}}\n`,
  );
});

test('no character of a payload ends its line, for any reader of lines', async () => {
  const payload = 'a\nb\rc\u2028d\u2029e\u0085f\u0000g\ud800h';
  const w = await filled([payload]);
  const lines = text(w);
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  expect(lines).toMatch(/^[^\u0000-\u001f\u2028\u2029\ud800]*\n$/);
  const graph = empty();
  await graph.deadLetters.import(Buffer.from(lines));
  expect(graph.deadLetters.list()).toMatchObject([{ payload }]);
});

test('an export is of what was there when it was asked for, and may be read again', async () => {
  const w = await filled([1, 2, 3]);
  const lines = w.graph.deadLetters.export({ id: [1, 3, 4] });
  const first = lines[Symbol.iterator]();
  expect(first.next().value).toContain('"payload":1}');
  w.graph.deadLetters.discard({});
  w.messages.trySend(4);
  await w.sim.settle();
  expect(first.next().value).toContain('"payload":3}');
  expect(first.next().done).toBe(true);
  expect([...lines]).toHaveLength(2);
});

test('what another process has exported is replayed here', async () => {
  const w = await filled([5, 6]);
  const other = world();
  const messages = other.graph.channel<number>('messages', { capacity: 4 });
  const arrived = collect(other.graph, messages);
  await other.graph.deadLetters.import(text(w));
  other.graph.start();
  const [letter] = other.graph.deadLetters.list();
  const replay = watch(other.graph.deadLetters.replay({}, { edit: (payload) => Number(payload) * 2 }));
  await other.sim.settle();
  expect(replay.value).toMatchObject({ replayed: [{ id: 1 }, { id: 2 }], left: [] });
  expect(arrived).toEqual([10, 12]);
  const told = other.events.flatMap((event) => (event.kind === 'deadLetter' ? [event.letter.id] : []));
  expect(told).toEqual([1, 2]);
  expect(letter?.messageId).not.toContain('undefined');
  await stopCleanly(other);
});

test('imported payloads are frozen as messages are', async () => {
  const w = await filled([{ lines: [1] }]);
  const graph = new Graph({ name: 'other', ports: new Simulation().ports, checks: true });
  await graph.deadLetters.import(text(w));
  expect(Object.isFrozen((graph.deadLetters.get(1)?.payload as { lines: number[] }).lines)).toBe(true);
});

describe('a source may be', () => {
  async function importing(make: (lines: string) => LetterSource): Promise<unknown[]> {
    const w = await filled(['ä', '漢', '😀', { a: '\r\n' }]);
    const graph = empty();
    await graph.deadLetters.import(make(text(w)));
    return graph.deadLetters.list().map(({ payload }) => payload);
  }

  const all = ['ä', '漢', '😀', { a: '\r\n' }];
  const bytes = (lines: string): Uint8Array => new TextEncoder().encode(lines);

  test.each<[string, (lines: string) => LetterSource]>([
    ['a string', (lines) => lines],
    ['bytes', bytes],
    ['single characters', (lines) => [...lines]],
    ['single bytes', (lines) => Array.from(bytes(lines), (byte) => new Uint8Array([byte]))],
    ['a readable stream', (lines) => Readable.from(Buffer.from(lines), { highWaterMark: 3 })],
    ['text with carriage returns', (lines) => lines.replaceAll('\n', '\r\n')],
    ['text without a line end at its end', (lines) => lines.trimEnd()],
    ['text with empty lines', (lines) => `\n\r\n   \n${lines.replaceAll('\n', '\n\n')}\t\n`],
    ['text with a byte order mark', (lines) => bytes(`\ufeff${lines}`)],
    [
      'strings and bytes in turn',
      (lines) => lines.match(/.{1,7}|\n/gsu)!.map((part, at) => (at % 2 ? part : bytes(part))),
    ],
  ])('%s', async (_, make) => {
    expect(await importing(make)).toEqual(all);
  });

  test('cut anywhere, as bytes', async () => {
    const w = await filled(all);
    const whole = bytes(text(w));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(whole.length), { maxLength: 12 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const graph = empty();
        await graph.deadLetters.import(places.slice(1).map((end, at) => whole.subarray(places[at], end)));
        expect(graph.deadLetters.list().map(({ payload }) => payload)).toEqual(all);
      }),
      { numRuns: 200 },
    );
  });

  test('nothing at all', async () => {
    for (const nothing of ['', '\n\n', [], new Uint8Array(), ['', new Uint8Array()]]) {
      expect(await empty().deadLetters.import(nothing)).toBe(0);
    }
  });

  test('no other thing', async () => {
    for (const wrong of [undefined, null, 7, {}]) {
      expect(() => empty().deadLetters.import(wrong as never)).toThrow(
        /source must be a string, bytes, or an iterable/,
      );
    }
    expect(await codeOf(empty().deadLetters.import([7] as never))).toBe('ERR_INVALID_OPTION');
    expect(await codeOf(empty().deadLetters.import([new Uint16Array(2)] as never))).toBe('ERR_INVALID_OPTION');
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' });
    expect(() => empty().deadLetters.import('', { decode: 7 } as never)).toThrow(invalid);
    expect(() => empty().deadLetters.import('', { lineCharactersMax: 0 })).toThrow(invalid);
    expect(() => empty().deadLetters.import('', { lines: 1 } as never)).toThrow(invalid);
    expect(() => empty().deadLetters.export({}, { encode: 7 } as never)).toThrow(invalid);
    expect(() => empty().deadLetters.export({ chanel: 'a' } as never)).toThrow(invalid);
  });
});

describe('a line that is wrong', () => {
  /** A valid line with some fields changed; undefined takes one out. */
  const line = (changes: Record<string, unknown> = {}): string =>
    JSON.stringify({
      v: 1,
      id: 7,
      channel: 'messages',
      messageId: 'run/messages/0',
      replayOf: 'run/messages/-1',
      actor: 'clerk',
      reason: 'invalid',
      text: 'does not fit',
      issues: [{ message: 'required', path: ['lines', 0] }],
      error: { name: 'Error', message: 'broken', code: 'E', stack: 'Error: broken' },
      attempts: 1,
      regeneration: 0,
      firstFailedWallMs: 1,
      wallMs: 2,
      payload: { a: 1 },
      ...changes,
    });

  async function problemWith(source: LetterSource, options: ImportOptions = {}): Promise<HoldfastError> {
    const graph = empty();
    const importing = watch(graph.deadLetters.import(source, options));
    await new Promise((resolve) => setImmediate(resolve));
    expect(importing).toMatchObject({ state: 'rejected', code: 'ERR_INVALID_DEAD_LETTER' });
    expect(graph.deadLetters.list()).toEqual([]);
    expect(graph.deadLetters.total).toBe(0);
    return importing.error as HoldfastError;
  }

  test('as it is here is right', async () => {
    const graph = empty();
    expect(await graph.deadLetters.import(line())).toBe(1);
    const missing = { id: undefined, replayOf: undefined, actor: undefined, issues: undefined, error: undefined };
    expect(await graph.deadLetters.import(line({ ...missing, firstFailedWallMs: undefined }))).toBe(1);
    expect(graph.deadLetters.get(2)).toMatchObject({ issues: [], error: undefined, actor: undefined });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['another version', { v: 2 }, 'v must be 1'],
    ['no version', { v: undefined }, 'v must be 1'],
    ['an id that is none', { id: 0 }, 'id must be an integer of 1 or more, or missing'],
    ['no channel', { channel: undefined }, 'channel must be a string that is not empty'],
    ['an empty channel', { channel: '' }, 'channel must be a string that is not empty'],
    ['a channel of the wrong type', { channel: ['a'] }, 'channel must be a string that is not empty'],
    ['no identity', { messageId: undefined }, 'messageId must be a string that is not empty'],
    ['an origin of the wrong type', { replayOf: null }, 'replayOf must be a string that is not empty, or missing'],
    ['an actor of the wrong type', { actor: 7 }, 'actor must be a string, or missing'],
    ['a reason that there is not', { reason: 'bored' }, 'reason must be one of showstopper, '],
    ['no text', { text: undefined }, 'text must be a string'],
    ['issues that are none', { issues: [{ message: 'x' }] }, 'issues must be a list of issues, or missing'],
    ['issues with a path of objects', { issues: [{ message: 'x', path: [{}] }] }, 'issues must be a list of issues'],
    ['an error that is none', { error: { name: 'Error' } }, 'error must be an error record, or missing'],
    ['an error with more', { error: { name: 'E', message: 'm', x: 1 } }, 'error must be an error record, or missing'],
    ['attempts below 0', { attempts: -1 }, 'attempts must be an integer of 0 or more'],
    ['half an attempt', { attempts: 0.5 }, 'attempts must be an integer of 0 or more'],
    ['no regeneration', { regeneration: undefined }, 'regeneration must be an integer of 0 or more'],
    ['a time in words', { wallMs: 'noon' }, 'wallMs must be a number'],
    ['no payload', { payload: undefined }, 'payload must be there'],
    ['an undefined payload', { payload: { $undefined: true } }, 'payload is undefined, which is no message'],
    ['a payload with a tag that is none', { payload: { a: { $date: 'noon' } } }, 'payload.a has a "$date" that stands'],
    ['a field more', { extra: 1 }, 'has the field "extra", which letters have not'],
    ['a field more that every object has', { toString: 1 }, 'has the field "toString", which letters have not'],
  ])('by %s is named, with its number', async (_, changes, problem) => {
    const error = await problemWith(`${line()}\n\n${line(changes)}\n${line()}`);
    expect(error.details).toMatchObject({ line: 3, problem: expect.stringContaining(problem) as string });
    expect(error.message).toMatch(/^line 3 is no dead letter: .*\. Nothing was imported$/);
  });

  test.each(['{', 'null', '[]', '7', '"text"', '{"a":1}{', 'secret'])(
    'by being %s says nothing of what it holds',
    async (wrong) => {
      const error = await problemWith(`${line()}\n${wrong}`);
      expect(error.details).toMatchObject({ line: 2 });
      expect(error.message).not.toContain('secret');
      expect(error.cause).toBeUndefined();
    },
  );

  test('by not being UTF-8 is named, wherever its bytes are cut', async () => {
    const good = Buffer.from(`${line()}\n`);
    const bad = Buffer.concat([good, Buffer.from([0x22, 0xff, 0x22, 0x0a]), good]);
    expect((await problemWith(bad)).details).toEqual({ line: 2, problem: 'is no UTF-8' });
    const half = Buffer.concat([good, Buffer.from('"ä').subarray(0, 2), Buffer.from('\n'), good]);
    expect((await problemWith(half)).details).toEqual({ line: 2, problem: 'is no UTF-8' });
    expect((await problemWith(Array.from(half, (byte) => Buffer.from([byte])))).details).toMatchObject({ line: 2 });
    expect((await problemWith(half.subarray(0, good.length + 2))).details).toMatchObject({ line: 2 });
    expect((await problemWith([half.subarray(0, good.length + 2), '"'])).details).toMatchObject({ line: 2 });
  });

  test('by its length is refused before it is read to its end', async () => {
    const good = line();
    const options = { lineCharactersMax: good.length };
    expect(await empty().deadLetters.import([good, '\n', good], options)).toBe(2);
    expect((await problemWith(`${good}\n${good} `, options)).details).toEqual({
      line: 2,
      problem: `has more than ${good.length} characters`,
    });
    let pulled = 0;
    function* endless(piece: string | Uint8Array): Generator<string | Uint8Array> {
      for (;;) {
        pulled += 1;
        yield piece;
      }
    }
    for (const piece of [' '.repeat(1_000), new Uint8Array(1_000).fill(0x20)]) {
      pulled = 0;
      await problemWith(endless(piece), { lineCharactersMax: 10_000 });
      expect(pulled).toBe(11);
    }
    await problemWith(new Uint8Array(50_000_001).fill(0x20)); // more than the default allows, even in three bytes each
  });

  test('throws nothing but the documented error, and adds nothing: every truncation of a valid file', async () => {
    const w = await filled([{ a: 'ä', b: new Map([[1, { c: [undefined] }]]) }, 'throw']);
    const whole = Buffer.from(text(w));
    const outcomes = new Set<string>();
    for (let length = 0; length < whole.length; length += 1) {
      const graph = empty();
      const code = await codeOf(graph.deadLetters.import(whole.subarray(0, length)));
      outcomes.add(code);
      // A whole number of lines is a valid file.
      const lines =
        whole
          .subarray(0, length + 1)
          .toString()
          .split('\n').length - 1;
      const isWhole = length === 0 || whole[length] === 0x0a || whole[length - 1] === 0x0a;
      expect([code, graph.deadLetters.total]).toEqual(
        isWhole ? ['imported', length === 0 ? 0 : lines] : ['ERR_INVALID_DEAD_LETTER', 0],
      );
    }
    expect([...outcomes].sort()).toEqual(['ERR_INVALID_DEAD_LETTER', 'imported']);
  });

  test('throws nothing but the documented error, and adds nothing: random bytes and random changes', async () => {
    const w = await filled([{ a: 'ä', b: new Map([[1, { c: [undefined] }]]) }, 'throw']);
    const whole = Buffer.from(text(w));
    const changed = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
      .map((changes) => {
        const copy = Buffer.from(whole);
        for (const [place, byte] of changes) copy[place] = byte;
        return copy;
      });
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), async (bytes) => {
        const graph = empty();
        const code = await codeOf(graph.deadLetters.import(bytes));
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
        expect(['ERR_INVALID_DEAD_LETTER', 'imported']).toContain(code);
        if (code !== 'imported') expect(graph.deadLetters.total).toBe(0);
      }),
      { numRuns: 2_000 },
    );
    expect(outcomes.size).toBe(2);
  });
});

test('random plain data goes out and comes back', async () => {
  const data = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true });
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        data.filter((value) => value !== undefined),
        { minLength: 1, maxLength: 5 },
      ),
      async (all) => {
        const w = await filled(all);
        const graph = empty();
        await graph.deadLetters.import(w.graph.deadLetters.export());
        // What goes out again is the same: the numbers are those of the letters before.
        expect([...graph.deadLetters.export()]).toEqual([...w.graph.deadLetters.export()]);
      },
    ),
    { numRuns: 100 },
  );
});

describe('room for what is imported', () => {
  test('is asked for once all has been read: all or none', async () => {
    const lines = text(await filled([1, 2, 3]));
    const graph = empty(4);
    expect(await graph.deadLetters.import(lines)).toBe(3);
    const importing = watch(graph.deadLetters.import(lines));
    await new Promise((resolve) => setImmediate(resolve));
    expect(importing).toMatchObject({
      code: 'ERR_DEAD_LETTERS_FULL',
      error: { details: { capacity: 4, kept: 3, asked: 3 } },
    });
    expect(graph.deadLetters.count()).toBe(3);
    graph.deadLetters.discard({ id: [1, 2] });
    expect(await graph.deadLetters.import(lines)).toBe(3);
    expect(graph.deadLetters.list().map(({ id }) => id)).toEqual([3, 4, 5, 6]);
  });

  test('is refused as soon as more have been read than there could be room for', async () => {
    const line = text(await filled([1]));
    const graph = empty(4);
    let pulled = 0;
    function* endless(): Generator<string> {
      for (;;) {
        pulled += 1;
        yield line;
      }
    }
    expect(await codeOf(graph.deadLetters.import(endless()))).toBe('ERR_DEAD_LETTERS_FULL');
    expect(pulled).toBe(5);
  });

  test('is made by the oldest where they give way, those of the file included', async () => {
    const lines = text(await filled([1, 2, 3]));
    const graph = empty(4, 'evict');
    const kept = (): unknown[] => graph.deadLetters.list().map(({ id, payload }) => [id, payload]);
    await graph.deadLetters.import(lines);
    await graph.deadLetters.import(lines);
    expect(kept()).toEqual([
      [3, 3],
      [4, 1],
      [5, 2],
      [6, 3],
    ]);
    expect(await graph.deadLetters.import(Array<string>(7).fill(lines))).toBe(21);
    expect(kept()).toEqual([
      [24, 3],
      [25, 1],
      [26, 2],
      [27, 3],
    ]);
    expect(graph.snapshot().deadLetters).toMatchObject({ kept: 4, total: 27, evicted: 23 });
    graph.checkConservation();
  });

  test('is not taken from an actor that waits for it', async () => {
    const lines = text(await filled([1]));
    const w = office({ deadLetters: { capacity: 2 } });
    for (const number of [1, 2, 3]) w.messages.trySend(number);
    await w.sim.settle();
    const importing = watch(w.graph.deadLetters.import(lines));
    await w.sim.settle();
    expect(importing.code).toBe('ERR_DEAD_LETTERS_FULL');
    w.graph.deadLetters.discard({ id: 1 });
    await w.sim.settle();
    expect(w.graph.deadLetters.list().map(({ payload }) => payload)).toEqual([2, 3]);
  });

  test('is bounded after the end as well', async () => {
    const lines = text(await filled([1, 2]));
    for (const whenFull of ['block', 'evict'] as const) {
      const w = world({ deadLetters: { capacity: 3, whenFull } });
      w.graph.start();
      await w.sim.runUntil(w.graph.stopped());
      expect(await codeOf(w.graph.deadLetters.import(lines))).toBe('imported');
      expect(await codeOf(w.graph.deadLetters.import(lines))).toBe(
        whenFull === 'evict' ? 'imported' : 'ERR_DEAD_LETTERS_FULL',
      );
      expect(w.graph.deadLetters.count()).toBe(whenFull === 'evict' ? 3 : 2);
    }
  });
});

describe('a source that', () => {
  test('fails passes its error on, and nothing is added', async () => {
    const lines = text(await filled([1]));
    async function* failing(): AsyncGenerator<string> {
      yield lines;
      throw await Promise.resolve(new Error('the disk is gone'));
    }
    const graph = empty();
    await expect(graph.deadLetters.import(failing())).rejects.toThrow('the disk is gone');
    expect(graph.deadLetters.total).toBe(0);
  });

  test('never ends is left when the signal aborts, and told so', async () => {
    const lines = text(await filled([1]));
    let wasTold = false;
    const stuck: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => {
        let pieces = 0;
        return {
          next: () => {
            pieces += 1;
            return pieces === 1 ? Promise.resolve({ done: false, value: lines }) : new Promise(() => undefined);
          },
          return: () => {
            wasTold = true;
            return Promise.resolve({ done: true as const, value: undefined });
          },
        };
      },
    };
    const graph = empty();
    const abort = new AbortController();
    const importing = watch(graph.deadLetters.import(stuck, { signal: abort.signal }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(importing.state).toBe('pending');
    abort.abort(new Error('enough'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(importing).toMatchObject({ state: 'rejected', error: { message: 'enough' } });
    expect([wasTold, graph.deadLetters.total]).toEqual([true, 0]);
    await expect(graph.deadLetters.import(lines, { signal: abort.signal })).rejects.toThrow('enough');
    expect(await graph.deadLetters.import(lines, { signal: new AbortController().signal })).toBe(1);
  });

  test('is wrong in a line is told that nothing more is wanted', async () => {
    let wasTold = false;
    function* lines(): Generator<string> {
      try {
        for (;;) yield 'nonsense\n';
      } finally {
        wasTold = true;
      }
    }
    expect(await codeOf(empty().deadLetters.import(lines()))).toBe('ERR_INVALID_DEAD_LETTER');
    expect(wasTold).toBe(true);
  });
});

describe('what cannot be written', () => {
  class Money {
    readonly #cents: number;
    constructor(cents: number) {
      this.#cents = cents;
    }
    get cents(): number {
      return this.#cents;
    }
  }

  test('is an error that names the letter and the place in it, after the lines before it', async () => {
    const w = await filled([1, { order: { act: () => 1 } }, 3]);
    const written: string[] = [];
    const writing = (): void => {
      for (const line of w.graph.deadLetters.export()) written.push(line);
    };
    expect(writing).toThrow(
      expect.objectContaining({
        code: 'ERR_LETTER_NOT_ENCODED',
        details: { id: 2, problem: 'payload.order.act is a function' },
        message: expect.stringMatching(
          /^dead letter 2 of channel "messages" cannot be exported: payload\.order\.act is a function/,
        ) as string,
      }),
    );
    expect(written).toHaveLength(1);
    expect([...w.graph.deadLetters.export(({ id }) => id !== 2)]).toHaveLength(2);
  });

  test('is turned into plain data and back by hooks of the user', async () => {
    const w = await filled([{ price: new Money(5) }]);
    const encode = (payload: unknown): unknown => ({ cents: (payload as { price: Money }).price.cents });
    const graph = empty();
    const decode: ImportOptions['decode'] = (plain, { channel, reason }) => {
      expect([channel, reason]).toEqual(['messages', 'rejected']);
      return { price: new Money((plain as { cents: number }).cents) };
    };
    await graph.deadLetters.import(w.graph.deadLetters.export({}, { encode }), { decode });
    expect((graph.deadLetters.get(1)?.payload as { price: Money }).price.cents).toBe(5);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('cannot');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a promise', () => Promise.reject(new Error('late'))],
  ])('as little as a hook that %s', async (_, hook) => {
    const w = await filled([1]);
    expect(() => [...w.graph.deadLetters.export({}, { encode: hook })]).toThrow(
      expect.objectContaining({ code: 'ERR_LETTER_NOT_ENCODED' }),
    );
    const graph = empty();
    expect(await codeOf(graph.deadLetters.import(text(w), { decode: hook }))).toBe('ERR_INVALID_DEAD_LETTER');
    expect(graph.deadLetters.total).toBe(0);
  });

  test('is a line that is longer than allowed, too', async () => {
    const w = await filled(['x'.repeat(1_000)]);
    const { length } = text(w).trimEnd();
    expect([...w.graph.deadLetters.export({}, { lineCharactersMax: length })]).toHaveLength(1);
    expect(() => [...w.graph.deadLetters.export({}, { lineCharactersMax: length - 1 })]).toThrow(
      /its line would have \d+ characters, more than lineCharactersMax/,
    );
  });

  test('is a getter that throws', async () => {
    const payload = Object.freeze({
      get broken(): never {
        throw new Error('no');
      },
    });
    const w = await filled([payload], { checks: false });
    expect(() => text(w)).toThrow(expect.objectContaining({ code: 'ERR_LETTER_NOT_ENCODED', cause: new Error('no') }));
  });
});

test('an import inside a turn is refused', async () => {
  const w = world({ actorDefaults: { showstopperAfter: 1 } });
  const numbers = w.graph.channel<number>('numbers', { capacity: 1 });
  const importing = defineActor({
    inputs: { numbers: input<number>() },
    on: { numbers: () => void w.graph.deadLetters.import('') },
  });
  w.graph.actor('importing', importing, { numbers });
  w.graph.start();
  numbers.trySend(1);
  await w.sim.settle();
  expect(w.graph.deadLetters.list()).toMatchObject([{ error: { code: 'ERR_OUTSIDE_API_IN_TURN' } }]);
});
