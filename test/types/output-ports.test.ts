/** What output ports ask of those who publish and subscribe, as the type checker sees it: this file compiles, or does not. */
import {
  type ActorRef,
  args,
  defineActor,
  Graph,
  input,
  inputBundle,
  output,
  outputPort,
  type PortRef,
  type SpawnedActor,
} from 'holdfast';
import { testActor } from 'holdfast/testing';
import { expect, expectTypeOf, test } from 'vitest';

interface Quote {
  readonly symbol: string;
  readonly price: number;
}

const feed = defineActor({
  inputs: { mailbox: input<'tick'>({ capacity: 1 }) },
  outputs: { quotes: outputPort<Quote>(), log: output<string>() },
  on: { mailbox: () => undefined },
});

const quotesOnly = defineActor({ outputs: { quotes: outputPort<Quote>() }, source: () => 'done' });

const book = defineActor({
  inputs: { mailbox: input<Quote | 'clear'>({ capacity: 1 }) },
  on: { mailbox: () => undefined },
});

function built() {
  const graph = new Graph({ name: 'test', logLevel: 'silent' });
  const log = graph.channel<string>('log', { capacity: 1 });
  return { graph, log, feed: graph.spawn('feed', feed, { log }), book: graph.spawn('book', book) };
}

test('a port publishes its own messages, and no others', () => {
  defineActor({
    outputs: { quotes: outputPort<Quote>(), log: output<string>() },
    source({ outputs }) {
      outputs.quotes.publish({ symbol: 'A', price: 1 });
      // @ts-expect-error -- no quote
      outputs.quotes.publish('A');
      // @ts-expect-error -- a port publishes
      outputs.quotes.send({ symbol: 'A', price: 1 });
      // @ts-expect-error -- an output sends
      outputs.log.publish('A');
      return 'done';
    },
  });
});

test('a port is wired to nobody', () => {
  const { graph, log } = built();
  graph.spawn('only quotes', quotesOnly);
  graph.actor('with a log', feed, { log });
  const quotes = graph.channel<Quote>('quotes', { capacity: 1 });
  // @ts-expect-error -- there is nothing to be wired
  expect(() => graph.actor('wired', feed, { log, quotes })).toThrow('neither an input nor an output');
});

test('a subscriber takes what the port publishes', () => {
  const { graph, feed: ref, book: reader } = built();
  const port = ref.port('quotes');
  expectTypeOf(port).toEqualTypeOf<PortRef<Quote>>();
  port.subscribe(reader, { whenFull: 'drop' });
  port.subscribe(graph.channel<Quote>('quotes', { capacity: 1 }));
  port.subscribe(graph.channel<unknown>('anything', { capacity: 1 }));
  port.unsubscribe(reader);
  // @ts-expect-error -- that channel takes strings
  port.subscribe(graph.channel<string>('words', { capacity: 1 }));
  // @ts-expect-error -- that actor takes ticks
  port.subscribe(ref);
  // @ts-expect-error -- no such way
  expect(() => port.subscribe(reader, { whenFull: 'block' })).toThrow('one of "wait", "drop", "disconnect"');
  const graph2 = new Graph({ name: 'handles', logLevel: 'silent' });
  graph2.actor('quotes', quotesOnly, {}).port('quotes').subscribe(graph2.spawn('book', book));
});

test('a ref knows the ports of its actor', () => {
  const { feed: ref, book: reader } = built();
  // @ts-expect-error -- that is no port
  expect(() => ref.port('log')).toThrow('no output port "log"');
  // @ts-expect-error -- it has none
  expect(() => reader.port('quotes')).toThrow('declare it among its outputs');
  const forgotten: SpawnedActor<typeof feed.inputs> = ref;
  // @ts-expect-error -- nothing is known of its ports
  forgotten.port('quotes');
  const plain: ActorRef<'tick'> = ref;
  expect(plain.name).toBe('feed');
});

test('an actor subscribes an input that takes what the port publishes', () => {
  defineActor({
    inputs: {
      mailbox: input<Quote | 'clear'>({ capacity: 1 }),
      words: input<string>(),
      quotes: input<Quote>(),
      lanes: inputBundle<Quote>(),
    },
    outputs: { own: outputPort<'clear'>() },
    args: args<{ readonly port: PortRef<Quote>; readonly words: PortRef<string> }>(),
    on: {
      mailbox(_, { args: { port, words }, subscribe, unsubscribe, self }) {
        subscribe(port);
        subscribe(port, { whenFull: 'drop' });
        subscribe(port, { to: 'quotes', whenFull: 'disconnect' });
        subscribe(words, { to: 'words' });
        subscribe(self.port('own'));
        unsubscribe(port);
        unsubscribe(words, { to: 'words' });
        // @ts-expect-error -- its mailbox takes no strings
        subscribe(words);
        // @ts-expect-error -- that input takes quotes
        subscribe(words, { to: 'quotes' });
        // @ts-expect-error -- a bundle
        subscribe(port, { to: 'lanes' });
        // @ts-expect-error -- no such input
        unsubscribe(port, { to: 'nowhere' });
      },
      words: () => undefined,
      quotes: () => undefined,
      lanes: () => undefined,
    },
  });
});

test('the testing kit knows ports as outputs', async () => {
  await using actor = testActor(feed);
  expectTypeOf(actor.sent('quotes')).toEqualTypeOf<readonly Quote[]>();
  expectTypeOf(actor.port('quotes')).toEqualTypeOf<PortRef<Quote>>();
  // @ts-expect-error -- that is no port
  expect(() => actor.port('log')).toThrow('no output port');
});
