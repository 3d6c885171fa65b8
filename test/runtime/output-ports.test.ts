/** Output ports: what is published comes to those who have subscribed, within the bounds that they have chosen. */
import {
  defineActor,
  Graph,
  type GraphEvent,
  HoldfastError,
  input,
  output,
  outputPort,
  type PortRef,
  type Receiver,
  type ReplyPort,
  type SubscribeOptions,
  type WhenFull,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { actorOf, channelOf, stopCleanly, watch, type World, world } from './world.ts';

type Order =
  | { readonly kind: 'publish'; readonly numbers: readonly number[]; readonly fails?: boolean; readonly after?: number }
  | { readonly kind: 'subscribe'; readonly who: Receiver<number>; readonly options?: SubscribeOptions }
  | { readonly kind: 'unsubscribe'; readonly who: Receiver<number>; readonly fails?: boolean };

/** Publishes what it is told to, and keeps its subscribers as it is told to. */
const publisher = defineActor({
  inputs: { mailbox: input<Order>({ capacity: 8 }) },
  outputs: { numbers: outputPort<number>() },
  state: () => ({ last: 0 }),
  on: {
    mailbox(order, { outputs: { numbers }, state }) {
      if (order.kind === 'subscribe') numbers.subscribe(order.who, order.options);
      else if (order.kind === 'unsubscribe') numbers.unsubscribe(order.who);
      else {
        for (const number of order.numbers) numbers.publish(number);
        state.last = order.numbers.at(-1) ?? 0;
      }
      if (order.kind !== 'subscribe' && order.fails === true) throw new Error('planned');
    },
  },
});

type Word = number | 'subscribe' | 'unsubscribe' | 'crash';

/** Subscribes by itself when it is told to, and keeps what comes. */
const subscriber = (got: number[], port: () => PortRef<number>, options?: SubscribeOptions) =>
  defineActor({
    inputs: { mailbox: input<Word>({ capacity: 2 }) },
    on: {
      mailbox(word, { subscribe, unsubscribe }) {
        if (word === 'subscribe') subscribe(port(), options);
        else if (word === 'unsubscribe') unsubscribe(port());
        else if (word === 'crash') {
          subscribe(port(), options);
          throw new Error('planned');
        } else got.push(word);
      },
    },
  });

/** Takes nothing before it is let. */
const slow = (got: number[], gate: Promise<void>, capacity: number) =>
  defineActor({
    inputs: { mailbox: input<number>({ capacity }) },
    async run({ inputs: { mailbox }, running, next, until }) {
      await next(until(gate));
      while (running()) {
        await next(mailbox.avail());
        got.push(...mailbox.takeMany(8));
      }
    },
  });

function gate(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

function publishing(options: { readonly checks?: boolean } = {}) {
  const w = world(options);
  const source = w.graph.spawn('source', publisher, {}, { showstopperAfter: 1 });
  const port = source.port('numbers');
  const publish = async (...numbers: number[]): Promise<void> => {
    await source.cast({ kind: 'publish', numbers });
    await w.sim.settle();
  };
  const order = async (message: Order): Promise<void> => {
    await source.cast(message);
    await w.sim.settle();
  };
  return { ...w, source, port, publish, order };
}

/** With a subscriber that takes nothing before it is let. */
function slowly(whenFull: WhenFull, capacity = 2) {
  const w = publishing();
  const got: number[] = [];
  const { promise, open } = gate();
  const reader = w.graph.spawn('reader', slow(got, promise, capacity));
  w.port.subscribe(reader, { whenFull });
  const release = async (): Promise<void> => {
    open();
    await w.sim.settle();
  };
  const told = (): GraphEvent[] =>
    w.events.filter(({ kind }) => kind === 'publicationDropped' || kind === 'subscriberDisconnected');
  return { ...w, got, reader, release, told };
}

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return error instanceof HoldfastError ? error.code : String(error);
  }
};

describe('publishing', () => {
  test('brings each message to each subscriber, in order', async () => {
    const w = publishing();
    const got: number[][] = [[], [], []];
    for (const [n, each] of got.entries())
      w.graph.spawn(
        `reader ${n}`,
        subscriber(each, () => w.port),
      );
    for (const n of [0, 1]) w.port.subscribe(w.graph.whereIs<number>(`reader ${n}`)!);
    w.graph.start();
    await w.publish(1, 2);
    await w.publish(3);
    expect(got).toEqual([[1, 2, 3], [1, 2, 3], []]);
    const counts = { whenFull: 'wait', sent: 3, dropped: 0 };
    const all = ['reader 0.mailbox', 'reader 1.mailbox'].map((channel) => ({ channel, ...counts }));
    expect(w.port.subscribers()).toEqual(all);
    expect(actorOf(w.graph, 'source').ports).toEqual({ numbers: all });
    await stopCleanly(w);
  });

  test('comes to nothing with the turn', async () => {
    const w = publishing();
    const [waits, drops]: number[][] = [[], []];
    w.port.subscribe(
      w.graph.spawn(
        'a',
        subscriber(waits!, () => w.port),
      ),
    );
    w.port.subscribe(
      w.graph.spawn(
        'b',
        subscriber(drops!, () => w.port),
      ),
      { whenFull: 'drop' },
    );
    w.graph.start();
    await w.order({ kind: 'publish', numbers: [1], fails: true });
    await w.publish(2);
    expect([waits, drops]).toEqual([[2], [2]]);
    expect(w.port.subscribers().map(({ sent }) => sent)).toEqual([1, 1]);
    await w.sim.settle();
    w.graph.deadLetters.discard(() => true);
    await stopCleanly(w);
  });

  test('to nobody is nothing, and a turn all the same', async () => {
    const w = publishing();
    w.graph.start();
    await w.publish(1);
    expect(actorOf(w.graph, 'source')).toMatchObject({ turns: 1, ports: { numbers: [] } });
    await stopCleanly(w);
  });

  test('reaches those who are subscribed at that moment, whatever changes while it waits for room', async () => {
    const w = slowly('wait', 1);
    const late: number[] = [];
    const other = w.graph.channel<number>('other', { capacity: 4 });
    w.graph.sink('late', other, (number) => void late.push(number));
    w.graph.start();
    await w.publish(1);
    await w.publish(2); // waits
    w.port.unsubscribe(w.reader);
    w.port.subscribe(other);
    await w.release();
    expect([w.got, late]).toEqual([[1, 2], []]);
    await w.publish(3);
    expect([w.got, late]).toEqual([[1, 2], [3]]);
    await stopCleanly(w);
  });

  test('undefined fails the turn', async () => {
    const w = publishing();
    w.graph.start();
    await w.order({ kind: 'publish', numbers: [undefined as unknown as number] });
    const [letter] = w.graph.deadLetters.list();
    expect(letter?.error?.code).toBe('ERR_UNDEFINED_MESSAGE');
    await stopCleanly(w);
  });

  test('more in one turn than a subscriber that waits can ever hold fails the turn', async () => {
    const w = slowly('wait', 2);
    w.graph.start();
    await w.publish(1, 2, 3);
    expect(w.graph.deadLetters.list()[0]?.error?.code).toBe('ERR_OVER_CAPACITY');
    await w.release();
    expect(w.got).toEqual([]);
    await stopCleanly(w);
  });
});

describe('a subscription', () => {
  test('by the subscriber is part of its turn', async () => {
    const w = publishing();
    const got: number[] = [];
    const reader = w.graph.spawn(
      'reader',
      subscriber(got, () => w.port),
      {},
      { showstopperAfter: 1 },
    );
    w.graph.start();
    await reader.cast('crash');
    await w.sim.settle();
    expect(w.port.subscribers()).toEqual([]);
    await reader.cast('subscribe');
    await w.sim.settle();
    await w.publish(1);
    await reader.cast('unsubscribe');
    await w.sim.settle();
    await w.publish(2);
    expect(got).toEqual([1]);
    expect(w.port.subscribers()).toEqual([]);
    await stopCleanly(w);
  });

  test('by the publisher is part of its turn, and counts from the next one', async () => {
    const w = publishing({ checks: true });
    const got: number[] = [];
    const channel = w.graph.channel<number>('numbers', { capacity: 4 });
    w.graph.sink('sink', channel, (number) => void got.push(number));
    const reader = w.graph.spawn(
      'reader',
      subscriber(got, () => w.port),
    );
    w.graph.start();
    await w.order({ kind: 'subscribe', who: reader });
    await w.order({ kind: 'subscribe', who: channel, options: { whenFull: 'drop' } });
    await w.publish(1);
    await w.order({ kind: 'unsubscribe', who: reader, fails: true });
    await w.publish(2);
    await w.order({ kind: 'unsubscribe', who: reader });
    await w.publish(3);
    expect(got.sort()).toEqual([1, 1, 2, 2, 3]);
    w.graph.deadLetters.discard(() => true);
    await stopCleanly(w);
  });

  test('is one for each channel: again, it changes only what is done without room', async () => {
    const w = slowly('wait');
    w.graph.start();
    w.port.subscribe(w.reader, { whenFull: 'drop' });
    await w.publish(1, 2, 3);
    expect(w.port.subscribers()).toEqual([{ channel: 'reader.mailbox', whenFull: 'drop', sent: 2, dropped: 1 }]);
    w.port.unsubscribe(w.reader);
    w.port.unsubscribe(w.reader);
    expect(w.port.subscribers()).toEqual([]);
    await w.release();
    await stopCleanly(w);
  });

  test('may be of an input that is not the mailbox', async () => {
    const w = publishing();
    const got: number[] = [];
    const pair = defineActor({
      inputs: { mailbox: input<'on' | 'off'>({ capacity: 1 }), numbers: input<number>({ capacity: 4 }) },
      on: {
        mailbox(word, { subscribe, unsubscribe }) {
          if (word === 'on') subscribe(w.port, { to: 'numbers', whenFull: 'drop' });
          else unsubscribe(w.port, { to: 'numbers' });
        },
        numbers: (number) => void got.push(number),
      },
    });
    const ref = w.graph.spawn('pair', pair);
    w.graph.start();
    await ref.cast('on');
    await w.sim.settle();
    await w.publish(1);
    expect(w.port.subscribers()[0]).toMatchObject({ channel: 'pair.numbers', whenFull: 'drop', sent: 1 });
    await ref.cast('off');
    await w.sim.settle();
    await w.publish(2);
    expect(got).toEqual([1]);
    await stopCleanly(w);
  });

  test('of an actor to itself works off its own publications', async () => {
    const w = world();
    const seen: number[] = [];
    const echo = defineActor({
      inputs: { mailbox: input<number>({ capacity: 2 }) },
      outputs: { numbers: outputPort<number>() },
      onStart: ({ self, subscribe }) => subscribe(self.port('numbers')),
      on: {
        mailbox(number, { outputs }) {
          seen.push(number);
          if (number < 3) outputs.numbers.publish(number + 1);
        },
      },
    });
    const ref = w.graph.spawn('echo', echo);
    w.graph.start();
    await ref.cast(1);
    await w.sim.settle();
    expect(seen).toEqual([1, 2, 3]);
    await stopCleanly(w);
  });

  test('checks what it is given', async () => {
    const w = publishing();
    const other = new Graph({ name: 'other', logLevel: 'silent' });
    const foreign = other.channel<number>('numbers', { capacity: 1 });
    const mute = w.graph.actor('mute', defineActor({ source: () => 'done' }), {});
    const none = null as unknown as Receiver<number>;
    const channel = w.graph.channel<number>('numbers', { capacity: 1 });
    expect(codeOf(() => w.port.subscribe(foreign))).toBe('ERR_INVALID_OPTION');
    expect(codeOf(() => w.port.subscribe(none))).toBe('ERR_INVALID_OPTION');
    expect(codeOf(() => w.port.subscribe(mute as unknown as Receiver<number>))).toBe('ERR_WIRING');
    expect(codeOf(() => w.port.subscribe(channel, { whenFull: 'never' as WhenFull }))).toBe('ERR_INVALID_OPTION');
    expect(codeOf(() => w.port.subscribe(channel, { capacity: 1 } as SubscribeOptions))).toBe('ERR_INVALID_OPTION');
    expect(() => (w.source as unknown as { port(name: string): unknown }).port('words')).toThrow(
      'actor "source" has no output port "words": it has "numbers"',
    );
    expect(w.port.subscribers()).toEqual([]);
    expect(w.source.port('numbers')).toBe(w.port);
  });

  test('from outside is refused in a turn, and a mistake in a turn fails it', async () => {
    const w = publishing();
    const found: string[] = [];
    const outside = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }) },
      on: {
        mailbox(number, { self, subscribe }) {
          if (number === 0) found.push(codeOf(() => w.port.subscribe(self)));
          if (number === 0) found.push(codeOf(() => w.port.unsubscribe(self)));
          if (number === 0) found.push(codeOf(() => w.port.subscribers()));
          if (number === 1) subscribe({} as PortRef<number>);
          if (number === 2) subscribe(w.port, { to: 'nowhere' as 'mailbox' });
        },
      },
    });
    const ref = w.graph.spawn('outside', outside, {}, { showstopperAfter: 1 });
    w.graph.start();
    for (const number of [0, 1, 2]) await ref.cast(number);
    await w.sim.settle();
    expect(found).toEqual(Array(3).fill('ERR_OUTSIDE_API_IN_TURN'));
    const codes = w.graph.deadLetters.list().map(({ error }) => error?.code);
    expect(codes).toEqual(['ERR_INVALID_OPTION', 'ERR_INVALID_OPTION']);
    expect(w.port.subscribers()).toEqual([]);
    await stopCleanly(w);
  });

  test('may be kept in state and sent in messages', async () => {
    const w = publishing({ checks: true });
    const got: number[] = [];
    const keeper = defineActor({
      inputs: { mailbox: input<number | { readonly port: PortRef<number> }>({ capacity: 4 }) },
      state: () => ({ port: null as PortRef<number> | null }),
      on: {
        mailbox(message, { state, subscribe, unsubscribe }) {
          if (typeof message === 'object') {
            state.port = message.port;
            subscribe(message.port);
          } else if (message > 1 && state.port !== null) unsubscribe(state.port);
          else got.push(message);
        },
      },
    });
    const ref = w.graph.spawn('keeper', keeper);
    w.graph.start();
    await ref.cast({ port: w.port });
    await w.sim.settle();
    await w.publish(1);
    await w.publish(2);
    await w.publish(3);
    expect(got).toEqual([1]);
    await stopCleanly(w);
  });
});

describe('without room', () => {
  test('wait: the commit of the publisher waits, and nobody has the message before', async () => {
    const w = slowly('wait', 1);
    const fast: number[] = [];
    const other = w.graph.channel<number>('other', { capacity: 4 });
    w.graph.sink('fast', other, (number) => void fast.push(number));
    w.port.subscribe(other);
    w.graph.start();
    await w.publish(1);
    await w.publish(2);
    expect(actorOf(w.graph, 'source')).toMatchObject({ phase: 'committing', turns: 1 });
    expect(fast).toEqual([1]);
    await w.release();
    expect([w.got, fast]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(w.told()).toEqual([]);
    await stopCleanly(w);
  });

  test('drop: the subscriber does not get it, and it is counted and told', async () => {
    const w = slowly('drop');
    w.graph.start();
    await w.publish(1, 2, 3);
    await w.publish(4);
    expect(actorOf(w.graph, 'source').phase).toBe('idle');
    expect(w.port.subscribers()).toEqual([{ channel: 'reader.mailbox', whenFull: 'drop', sent: 2, dropped: 2 }]);
    const what = { kind: 'publicationDropped', actor: 'source', port: 'numbers', channel: 'reader.mailbox' };
    expect(w.told()).toEqual([{ ...what, dropped: 1 }]);
    await w.release();
    await w.publish(5);
    expect(w.got).toEqual([1, 2, 5]);
    expect(w.graph.deadLetters.list()).toEqual([]);
    await stopCleanly(w);
  });

  test('two ports with one subscriber share its room, in the order in which they publish', async () => {
    const w = world();
    const got: number[] = [];
    const { promise, open } = gate();
    const reader = w.graph.spawn('reader', slow(got, promise, 3));
    const both = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }) },
      outputs: { odd: outputPort<number>(), even: outputPort<number>() },
      on: {
        mailbox(count, { outputs: { odd, even } }) {
          for (let n = 1; n <= count; n += 1) (n % 2 === 0 ? even : odd).publish(n);
        },
      },
    });
    const source = w.graph.spawn('both', both);
    source.port('odd').subscribe(reader, { whenFull: 'drop' });
    source.port('even').subscribe(reader, { whenFull: 'disconnect' });
    w.graph.start();
    await source.cast(100_000);
    await w.sim.settle();
    expect(source.port('odd').subscribers()).toMatchObject([{ sent: 2, dropped: 49_998 }]);
    expect(source.port('even').subscribers()).toEqual([]);
    const ended = w.events.find(({ kind }) => kind === 'subscriberDisconnected');
    expect(ended).toMatchObject({ port: 'even', dropped: 49_999 });
    open();
    await w.sim.settle();
    expect(got).toEqual([1, 2, 3]);
    await stopCleanly(w);
  });

  test('a million drops are told once a second at the most', async () => {
    const w = slowly('drop', 1);
    w.graph.start();
    const block = Array.from({ length: 10_000 }, (_, n) => n);
    for (let times = 0; times < 100; times += 1) {
      await w.publish(...block);
      if (times % 25 === 24) await w.sim.advance(600);
    }
    expect(w.port.subscribers()[0]).toMatchObject({ sent: 1, dropped: 999_999 });
    expect(w.told().map((event) => (event as { dropped: number }).dropped)).toEqual([9_999, 509_999]);
    await w.release();
    await stopCleanly(w);
  });

  test('disconnect: it does not get it, and nothing more', async () => {
    const w = slowly('disconnect');
    w.graph.start();
    await w.publish(1, 2, 3, 4);
    const what = { kind: 'subscriberDisconnected', actor: 'source', port: 'numbers', channel: 'reader.mailbox' };
    expect(w.told()).toEqual([{ ...what, dropped: 2 }]);
    expect(w.port.subscribers()).toEqual([]);
    await w.release();
    await w.publish(5);
    expect(w.got).toEqual([1, 2]);
    await stopCleanly(w);
  });

  test('those that stand in line for room come first', async () => {
    const w = slowly('drop', 1);
    w.graph.start();
    await w.publish(1);
    const waiting = w.reader.cast(7);
    const after = w.reader.cast(8);
    await w.release();
    await Promise.all([waiting, after]);
    await w.publish(2);
    expect(w.got).toEqual([1, 7, 8, 2]);
    await stopCleanly(w);
  });

  test('what the turn has staged besides keeps its room and its order', async () => {
    const w = world();
    const got: number[] = [];
    const { promise, open } = gate();
    const reader = w.graph.spawn('reader', slow(got, promise, 4));
    const both = defineActor({
      inputs: { mailbox: input<number>({ capacity: 4 }) },
      outputs: { numbers: outputPort<number>(), wired: output<number>() },
      on: {
        mailbox(first, { outputs: { numbers, wired }, to }) {
          numbers.publish(first);
          wired.send(first + 1);
          numbers.publish(first + 2);
          to(reader).cast(first + 3);
          numbers.publish(first + 4);
        },
      },
    });
    const source = w.graph.spawn('both', both, { wired: reader });
    source.port('numbers').subscribe(reader, { whenFull: 'drop' });
    w.graph.start();
    await source.cast(1);
    await w.sim.settle();
    open();
    await w.sim.settle();
    expect(got).toEqual([1, 2, 3, 4]); // the last one has no room
    await source.cast(11);
    await w.sim.settle();
    expect(got).toEqual([1, 2, 3, 4, 11, 12, 13, 14]);
    expect(source.port('numbers').subscribers()).toMatchObject([{ sent: 4, dropped: 2 }]);
    await stopCleanly(w);
  });

  test('a commit that waits for another channel looks for room when it commits', async () => {
    const w = world();
    const slowly: number[] = [];
    const got: number[] = [];
    const gates = [gate(), gate()] as const;
    const waits = w.graph.spawn('waits', slow(slowly, gates[0].promise, 1));
    const drops = w.graph.spawn('drops', slow(got, gates[1].promise, 1));
    const source = w.graph.spawn('source', publisher);
    source.port('numbers').subscribe(waits);
    source.port('numbers').subscribe(drops, { whenFull: 'drop' });
    w.graph.start();
    await source.cast({ kind: 'publish', numbers: [1] });
    await source.cast({ kind: 'publish', numbers: [2] });
    await w.sim.settle();
    gates[1].open(); // there is room for the second by the time that it commits
    await w.sim.settle();
    gates[0].open();
    await w.sim.settle();
    expect([slowly, got]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await stopCleanly(w);
  });

  test('one that has unsubscribed while the commit waited gets nothing, and nothing is counted or told', async () => {
    const w = slowly('wait');
    const got: number[] = [];
    const other = w.graph.channel<number>('other', { capacity: 1 });
    w.graph.sink('other sink', other, (number) => void got.push(number));
    other.sender(); // or it would close with its last end
    w.port.subscribe(other, { whenFull: 'drop' });
    w.graph.start();
    await w.publish(1, 2);
    await w.publish(3, 4); // waits for the reader
    w.port.unsubscribe(other);
    w.port.subscribe(other, { whenFull: 'drop' });
    await w.sim.advance(2_000);
    await w.release();
    expect([w.got, got]).toEqual([[1, 2, 3, 4], [1]]);
    expect(w.port.subscribers()[1]).toEqual({ channel: 'other', whenFull: 'drop', sent: 0, dropped: 0 });
    expect(w.told()).toMatchObject([{ kind: 'publicationDropped', channel: 'other', dropped: 1 }]);
    await stopCleanly(w);
  });

  test('the room that the turn itself makes is room', async () => {
    const w = world();
    const seen: number[] = [];
    const echo = defineActor({
      inputs: { mailbox: input<number>({ capacity: 1 }) },
      outputs: { numbers: outputPort<number>() },
      onStart: ({ self, subscribe }) => subscribe(self.port('numbers'), { whenFull: 'drop' }),
      on: {
        mailbox(number, { outputs }) {
          seen.push(number);
          if (number < 3) outputs.numbers.publish(number + 1);
          if (number === 2) outputs.numbers.publish(99);
        },
      },
    });
    const ref = w.graph.spawn('echo', echo);
    w.graph.start();
    await ref.cast(1);
    await w.sim.settle();
    expect(seen).toEqual([1, 2, 3]);
    expect(ref.port('numbers').subscribers()).toMatchObject([{ sent: 2, dropped: 1 }]);
    await stopCleanly(w);
  });

  test('two that publish to each other, full, commit together', async () => {
    const w = world();
    const got: string[] = [];
    const player = (name: string) =>
      defineActor({
        inputs: { mailbox: input<number | PortRef<number>>({ capacity: 1 }) },
        outputs: { numbers: outputPort<number>() },
        on: {
          mailbox(message, { outputs, subscribe }) {
            if (typeof message === 'object') return subscribe(message);
            got.push(`${name}${message}`);
            if (message < 4) outputs.numbers.publish(message + 1);
          },
        },
      });
    const a = w.graph.spawn('a', player('a'));
    const b = w.graph.spawn('b', player('b'));
    const board = w.graph.channel<number>('board', { capacity: 1 }); // nobody reads it
    for (const ref of [a, b]) ref.port('numbers').subscribe(board, { whenFull: 'drop' });
    w.graph.start();
    await a.cast(b.port('numbers'));
    await b.cast(a.port('numbers'));
    await w.sim.settle();
    void a.cast(0);
    void b.cast(0);
    await w.sim.settle();
    expect(got.sort()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'b2', 'b3', 'b4']);
    expect(channelOf(w.graph, 'board')).toMatchObject({ inFlight: 1, highestFill: 1 });
    const counts = [a, b].map((ref) => ref.port('numbers').subscribers()[0]!);
    expect(counts.map(({ sent, dropped }) => sent + dropped)).toEqual([4, 4]);
    expect(counts.map(({ sent }) => sent).sort()).toEqual([0, 1]);
    w.graph.requestShutdown();
    await w.sim.runUntil(w.graph.stopped());
  });
});

describe('calls', () => {
  type Question = { readonly kind: 'ask'; readonly reply: ReplyPort<number> };

  const asked = defineActor({
    inputs: { mailbox: input<Question>({ capacity: 2 }) },
    on: { mailbox: ({ reply: port }, { reply }) => reply(port, 42) },
  });

  test.each(['wait', 'drop'] as const)(
    '%s: a published reply port may be answered by a subscriber',
    async (whenFull) => {
      const w = world();
      const board = defineActor({
        inputs: { mailbox: input<Question>({ capacity: 2 }) },
        outputs: { questions: outputPort<Question>() },
        on: { mailbox: (question, { outputs }) => outputs.questions.publish(question) },
      });
      const ref = w.graph.spawn('board', board);
      ref.port('questions').subscribe(w.graph.spawn('asked', asked), { whenFull });
      w.graph.start();
      const answer = watch(ref.call((reply) => ({ kind: 'ask', reply }), { timeoutMs: 100 }));
      await w.sim.settle();
      expect(answer).toMatchObject({ state: 'resolved', value: 42 });
      await stopCleanly(w);
    },
  );

  test.each(['wait', 'drop'] as const)('%s: a call does not overtake what is published', async (whenFull) => {
    const w = world();
    const found: string[] = [];
    const callee = w.graph.spawn('asked', asked);
    const caller = defineActor({
      inputs: { mailbox: input<number>({ capacity: 2 }) },
      outputs: { questions: outputPort<Question>() },
      on: {
        mailbox(_, { outputs, call }) {
          outputs.questions.publish({ kind: 'ask', reply: null as unknown as ReplyPort<number> });
          found.push(codeOf(() => void call(callee, (reply) => ({ kind: 'ask', reply }), { timeoutMs: 100 })));
        },
      },
    });
    const ref = w.graph.spawn('caller', caller, {}, { showstopperAfter: 1 });
    ref.port('questions').subscribe(callee, { whenFull });
    w.graph.start();
    await ref.cast(1);
    await w.sim.settle();
    expect(found).toEqual(['ERR_CALL_OVERTAKES']);
    await stopCleanly(w);
  });
});

describe('the schema of a subscriber', () => {
  const checked = (got: number[]) =>
    defineActor({
      inputs: {
        mailbox: input<number, number>({
          capacity: 4,
          schema: z
            .number()
            .max(9)
            .transform((number) => number * 10),
        }),
      },
      on: { mailbox: (number) => void got.push(number) },
    });

  test.each(['wait', 'drop'] as const)('%s: makes of the message what it makes of any', async (whenFull) => {
    const w: World = world();
    const got: number[] = [];
    const plain: number[] = [];
    const source = w.graph.spawn('source', publisher);
    const port = source.port('numbers');
    port.subscribe(w.graph.spawn('checked', checked(got)), { whenFull });
    port.subscribe(
      w.graph.spawn(
        'plain',
        subscriber(plain, () => port),
      ),
      { whenFull },
    );
    w.graph.start();
    await source.cast({ kind: 'publish', numbers: [1, 10] });
    await w.sim.settle();
    expect([got, plain]).toEqual([[10], [1, 10]]);
    expect(w.graph.deadLetters.list()).toMatchObject([{ reason: 'invalid', channel: 'checked.mailbox', payload: 10 }]);
    expect(port.subscribers().map(({ sent }) => sent)).toEqual([1, 2]);
    expect(channelOf(w.graph, 'checked.mailbox')).toMatchObject({ sent: 2, taken: 1, deadLettered: 1 });
    await stopCleanly(w);
  });
});
