/** A graph on stage: some of its parts are played by the test. */
import {
  type Channel,
  defineActor,
  Graph,
  type HoldfastError,
  input,
  inputBundle,
  output,
  outputPort,
  outputBundle,
} from 'holdfast';
import { stage, type StageWorld } from 'holdfast/testing';
import { describe, expect, expectTypeOf, test } from 'vitest';

interface Word {
  readonly value: number;
  readonly text: string;
}

const generator = defineActor({
  outputs: { numbers: output<number>() },
  state: () => ({ next: 0 }),
  source({ outputs, state }) {
    outputs.numbers.send(state.next);
    state.next += 1;
    return 'more';
  },
});

/** Says at each beat what it has read. */
const worker = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { words: output<Word>() },
  state: () => ({ count: 0 }),
  async run({ inputs: { numbers }, outputs: { words }, state, running, next, all, every }) {
    while (running()) {
      await next(all(numbers.avail(), every(1_000)));
      for (const value of numbers.takeMany(numbers.capacity)) {
        words.send({ value, text: value % 15 === 0 ? 'FizzBuzz' : String(value) });
        state.count += 1;
      }
    }
  },
});

const logger = defineActor({
  inputs: { words: input<Word>() },
  on: { words: ({ text }, { log }) => log.info(text) },
});

function build({ ports, log }: Pick<StageWorld, 'ports' | 'log'>): Graph {
  const graph = new Graph({ name: 'lesson', ports, log });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  const words = graph.channel<Word>('words', { capacity: 4 });
  graph.actor('generator', generator, { numbers });
  graph.actor('worker', worker, { numbers, words });
  graph.actor('logger', logger, { words });
  return graph;
}

/** lines from a feed, doubled, into a sink. */
function edges({ ports, log }: Pick<StageWorld, 'ports' | 'log'>): Graph {
  const graph = new Graph({ name: 'edges', ports, log });
  const lines = graph.channel<string>('lines', { capacity: 2 });
  const doubled = graph.channel<string>('doubled', { capacity: 2 });
  const doubler = defineActor({
    inputs: { lines: input<string>() },
    outputs: { doubled: output<string>() },
    on: { lines: (line, { outputs }) => outputs.doubled.send(line + line) },
  });
  graph.feed('file', ['never read'], lines);
  graph.actor('doubler', doubler, { lines, doubled });
  graph.sink('printer', doubled, () => {
    throw new Error('never written');
  });
  return graph;
}

const played = { replace: ['generator', 'logger'] } as const;
const failure = (promise: Promise<unknown>): Promise<HoldfastError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as HoldfastError,
  );

describe('sending and expecting', () => {
  test('through the real actors between the ends, on virtual time', async () => {
    await using play = stage(build, played);
    await play.send('generator', 15);
    await play.expect('logger', { value: 15, text: 'FizzBuzz' });
    expect(play.sim.clock.nowMs()).toBe(1_000);
    await play.send('generator', 1);
    await play.send('generator', 2);
    await play.expect('logger', (word) => (word as Word).text === '1');
    await play.expect('logger', { value: expect.any(Number) as number, text: '2' });
    expect(play.received('logger')).toHaveLength(3);
    expect(play.sent('generator')).toEqual([15, 1, 2]);
  });

  test('typed, where the test says what is replaced', async () => {
    await using play = stage(build, { replace: { generator, logger } });
    await play.send('generator', 30);
    const word = await play.expect('logger', ({ text }) => text === 'FizzBuzz');
    expectTypeOf(word).toEqualTypeOf<Word>();
    // @ts-expect-error: the generator sends numbers
    await play.send('generator', 'thirty').catch(() => undefined);
    // @ts-expect-error: nobody of that name is replaced
    expect(() => play.received('worker')).toThrow('one of "generator", "logger"');
  });

  test('in any order, and what comes in between', async () => {
    await using play = stage(build, played);
    for (const value of [1, 2, 3, 4]) await play.send('generator', value);
    await play.expectAnyOrder('logger', [(word: unknown) => (word as Word).value === 2, { value: 1, text: '1' }]);
    await play.waitFor('logger', { value: 4, text: '4' });
    await play.expectNothing('logger', { forMs: 5_000 });
    await play.send('generator', 5);
    const error = await failure(play.expectNothing('logger', { forMs: 5_000 }));
    expect(error.message).toContain('"logger" was to receive nothing within 5000 ms');
    expect(error.message).toContain("{ value: 5, text: '5' }");
  });

  test('another message than the one that is expected: the error shows it, and those that wait', async () => {
    await using play = stage(build, played);
    await play.send('generator', 1);
    await play.send('generator', 2);
    const error = await failure(play.expect('logger', { value: 15, text: 'FizzBuzz' }));
    expect(error.code).toBe('ERR_TEST_EXPECTATION');
    expect(error.message).toContain(
      `"logger" received { value: 1, text: '1' } and not { value: 15, text: 'FizzBuzz' }`,
    );
    expect(error.details).toMatchObject({
      found: [
        { value: 1, text: '1' },
        { value: 2, text: '2' },
      ],
    });
    const others = await failure(play.waitFor('logger', { value: 9, text: '9' }, { withinMs: 10 }));
    expect(others.message).toContain('received nothing that would do');
    expect(others.details).toMatchObject({ found: [{ value: 2, text: '2' }] });
    const none = await failure(play.expectAnyOrder('logger', [{ value: 1, text: '1' }], { withinMs: 10 }));
    expect(none.message).toContain('within 10 ms');
  });

  test('nothing in time: the error shows what the graph waits for', async () => {
    await using play = stage(build, played);
    const error = await failure(play.expect('logger', { value: 15, text: 'FizzBuzz' }, { withinMs: 500 }));
    expect(error.message).toBe(
      [
        `"logger" received nothing within 500 ms, and not { value: 15, text: 'FizzBuzz' }`,
        'it has received, and nobody had asked for it:',
        '  nothing',
        'at 500 ms graph "lesson" is running, and the next timer fires at 1000 ms; what it waits for:',
        '  actor "worker": waiting for all(numbers.avail(1), 0 there, every(1000))',
      ].join('\n'),
    );
    expect(error.details).toMatchObject({ found: [], waiting: [{ kind: 'actor', name: 'worker' }] });
    const condition = await failure(play.until(() => false, { withinMs: 5 }));
    expect(condition.message).toContain('the condition does not hold within 5 ms');
  });

  test('side by side: time goes on for all of them', async () => {
    await using play = stage(build, played);
    const [, word] = await Promise.all([
      play.send('generator', 1),
      play.expect('logger', () => true),
      play.advance(2_500),
      play.until(() => play.received('logger').length === 1),
    ]);
    expect(word).toEqual({ value: 1, text: '1' });
    expect(play.sim.clock.nowMs()).toBe(2_500);
  });

  test('without room: send waits, and says so when there is none in time', async () => {
    await using play = stage(build, played);
    play.hold('logger');
    for (let value = 1; value <= 4; value += 1) await play.send('generator', value);
    await play.advance(1_000); // the worker sends four, and the channel is full
    for (let value = 5; value <= 8; value += 1) await play.send('generator', value);
    const error = await failure(play.send('generator', 9, { withinMs: 10_000 }));
    expect(error.message).toContain('"generator" could not send 9 within 10000 ms');
    expect(error.message).toContain('actor "worker": a commit that waits for room in "words" (4/4)');
    play.release('logger');
    await play.until(() => play.received('logger').length === 9);
    expect(play.received('logger').map((word) => (word as Word).value)).toEqual(
      Array.from({ length: 9 }, (_, i) => i + 1),
    );
  });
});

describe('the parts that are played', () => {
  test('feeds and sinks', async () => {
    await using play = stage(edges, { replace: { file: output<string>(), printer: input<string>() } });
    for (const line of ['a', 'b', 'c', 'd', 'e']) await play.send('file', line);
    await play.expect('printer', 'aa');
    play.hold('printer');
    await play.send('file', 'f');
    await play.idle();
    expect(play.received('printer')).toEqual(['aa', 'bb', 'cc', 'dd', 'ee']);
    play.release('printer');
    await play.waitFor('printer', 'ff');
    play.close('file');
    await play.until(() => play.graph.status === 'stopped');
    const error = await failure(play.send('file', 'g'));
    expect(error.code).toBe('ERR_CHANNEL_CLOSED');
    expect(error.details).toMatchObject({ undelivered: 'g' });
  });

  test('close: the closing ripples on, and what was sent arrives', async () => {
    await using play = stage(build, played);
    await play.send('generator', 1);
    play.close('generator');
    await play.until(() => play.graph.status === 'stopped');
    expect(play.received('logger')).toEqual([{ value: 1, text: '1' }]);
    expect(await play.stop()).toEqual({ unread: { logger: [{ value: 1, text: '1' }] }, deadLetters: [] });
  });

  test('echo: a part answers, and goes on reading once its output is closed', async () => {
    const asking = defineActor({
      inputs: { answers: input<string>() },
      outputs: { questions: output<string>() },
      state: () => ({ heard: '' }),
      async run({ inputs: { answers }, outputs: { questions }, state, running, next }) {
        questions.send('why?');
        while (running()) {
          await next(answers.avail());
          state.heard += answers.take() ?? '';
        }
      },
    });
    const oracle = defineActor({
      inputs: { questions: input<string>() },
      outputs: { answers: output<string>(), unused: output<number>() },
      on: { questions: () => undefined },
    });
    const dialogue = ({ ports, log }: StageWorld): Graph => {
      const graph = new Graph({ name: 'dialogue', ports, log });
      const questions = graph.channel<string>('questions', { capacity: 1 });
      const answers = graph.channel<string>('answers', { capacity: 1 });
      const unused = graph.channel<number>('unused', { capacity: 1 });
      graph.actor('asking', asking, { questions, answers });
      graph.actor('oracle', oracle, { questions, answers, unused });
      graph.sink('unused', unused, () => undefined);
      return graph;
    };
    const play = stage(dialogue, { replace: { oracle } });
    play.hold('oracle');
    play.echo('oracle', (question) => `${String(question)} Because.`, { port: 'answers' });
    await play.idle();
    expect(play.received('oracle')).toEqual([]);
    play.release('oracle');
    await play.expect('oracle', 'why?');
    await play.idle();
    expect(play.graph.snapshot().actors[0]?.state).toEqual({ heard: 'why? Because.' });
    expect(() => play.echo('oracle', () => 'x')).toThrow('one of "answers", "unused"');
    await play.send('oracle', ' So there.', { port: 'answers' });
    play.close('oracle');
    await play.until(() => play.graph.status === 'stopped');
    expect(play.graph.snapshot().actors[0]?.state).toEqual({ heard: 'why? Because. So there.' });
    await play.stop();
  });

  test('bundles: a lane that is named, or as the bundle decides', async () => {
    const spread = defineActor({ outputs: { out: outputBundle<number>() }, source: () => 'done' });
    const gather = defineActor({
      inputs: { in: inputBundle<number>({ batch: { size: 2 } }) },
      on: { in: () => undefined },
    });
    const graphOf = ({ ports, log }: StageWorld): Graph => {
      const graph = new Graph({ name: 'lanes', ports, log });
      const lanes: readonly Channel<number>[] = graph.bundle<number>('lanes', { lanes: 2, capacity: 2 });
      graph.actor('spread', spread, { out: lanes });
      graph.actor('gather', gather, { in: lanes });
      return graph;
    };
    await using play = stage(graphOf, { replace: { spread, gather } });
    await play.send('spread', 1, { lane: 1 });
    await play.send('spread', 2, { lane: 1 });
    await play.send('spread', 3);
    await play.expectAnyOrder('gather', [1, 2, 3]);
    expect(play.received('gather', 'in')).toHaveLength(3);
    const error = await failure(play.send('spread', 4, { lane: 7 }));
    expect(error.code).toBe('ERR_INVALID_OPTION');
    await play.send('spread', 5);
    await play.expect('gather', 5);
  });

  test('what a part cannot send is refused, and it goes on', async () => {
    await using play = stage(build, played);
    expect((await failure(play.send('generator', undefined))).code).toBe('ERR_UNDEFINED_MESSAGE');
    await play.send('generator', 1);
    await play.expect('logger', { value: 1, text: '1' });
  });
});

describe('the start', () => {
  test('mid-way: states and what is in the channels', async () => {
    await using play = stage(build, {
      replace: ['generator', 'logger'],
      restore: { worker: { state: { count: 40 } } },
      contents: { numbers: [41, 45], words: [{ value: 40, text: '40' }] },
    });
    await play.expect('logger', { value: 40, text: '40' });
    expect(play.sim.clock.nowMs()).toBe(0);
    await play.expect('logger', { value: 41, text: '41' });
    await play.expect('logger', { value: 45, text: 'FizzBuzz' });
    expect(play.graph.snapshot().actors[1]?.state).toEqual({ count: 42 });
    play.graph.checkConservation();
  });

  test('with whatever the build function gives', async () => {
    await using play = stage((world) => ({ graph: build(world), verify: () => 'fine' }));
    expect(play.built.verify()).toBe('fine');
    await play.advance(1_000);
    play.log.expectLog('FizzBuzz', '1', '2');
  });

  test('names that the graph does not have are listed', () => {
    expect(() => stage(build, { replace: ['loger'] })).toThrow('one of "generator", "worker", "logger", got "loger"');
    expect(() => stage(build, { restore: { nobody: { state: {} } } })).toThrow('restore must be one of "generator"');
    expect(() => stage(build, { ...played, restore: { logger: {} } })).toThrow('one of "worker"');
    expect(() => stage(build, { contents: { number: [1] } })).toThrow('contents must be one of "numbers", "words"');
    expect(() => stage(build, { contents: { numbers: [1, 2, 3, 4, 5] } })).toThrow('holds 4 messages, and not 5');
    expect(() => stage(build, { contents: { numbers: [undefined] } })).toThrow('contents of "numbers"');
    expect(() => stage(build, { replaced: [] } as never)).toThrow('unknown option "replaced"');
    expect(() => stage(() => new Graph({ name: 'elsewhere' }))).toThrow('the ports of the world');
  });

  test('a graph that runs already takes nothing any more', () => {
    const started = (world: StageWorld): Graph => {
      const graph = build(world);
      graph.start();
      return graph;
    };
    expect(() => stage(started, { contents: { numbers: [1] } })).toThrow('let the stage start it');
  });

  test('names that are not played, or play another part', async () => {
    await using play = stage(build, played);
    expect(() => play.received('worker' as 'logger')).toThrow('one of "generator", "logger"');
    expect(() => play.received('generator')).toThrow('one that receives: one of "logger"');
    await expect(play.send('logger', 1)).rejects.toThrow('one that sends: one of "generator"');
    await expect(play.send('generator', 1, { port: 'words' })).rejects.toThrow('one of "numbers"');
  });
});

describe('the end', () => {
  test('stop: what was not asked for is in the report; sends are refused', async () => {
    const play = stage(build, played);
    await play.send('generator', 1);
    const report = await play.stop();
    expect(report).toEqual({ unread: { logger: [{ value: 1, text: '1' }] }, deadLetters: [] });
    expect((await failure(play.send('generator', 2))).code).toBe('ERR_STOPPING');
    expect(await play.stop()).toEqual(report);
  });

  test('a part that awaits what is not simulated is named', async () => {
    const stuck = (world: StageWorld): Graph => {
      const graph = new Graph({ name: 'stuck', ports: world.ports, log: world.log, shutdownTimeoutMs: 10 });
      const numbers = graph.channel<number>('numbers', { capacity: 4 });
      graph.actor('generator', generator, { numbers });
      graph.sink('out', numbers, () => new Promise(() => undefined));
      return graph;
    };
    const play = stage(stuck, { replace: { generator } });
    const error = await failure(play.send('generator', 1));
    expect(error.code).toBe('ERR_SIM_FOREIGN_WAIT');
    expect(error.details).toMatchObject({ part: 'out' });
  });

  test('a timer that is left is named', async () => {
    const play = stage(build, played);
    void play.sim.clock.sleep(1_000_000);
    const error = await failure(play.stop());
    expect(error.code).toBe('ERR_TEST_LEFTOVERS');
    expect(error.details).toEqual({ leftovers: ['1 timers are left'] });
  });
});

test('what is no graph, no list of messages, or no condition that answers at once, is refused and does not pass', async () => {
  const refused = { code: 'ERR_INVALID_OPTION' };
  const build = ({ ports, log }: StageWorld): Graph => {
    const graph = new Graph({ name: 'plain', ports, log });
    const numbers = graph.channel<number>('numbers', { capacity: 4 });
    graph.feed('in', [1], numbers);
    graph.sink('out', numbers, () => undefined);
    return graph;
  };
  for (const wrong of [() => null, () => ({}), () => Promise.resolve({})]) {
    expect(() => stage(wrong as never)).toThrow(expect.objectContaining(refused));
  }
  for (const options of [
    { replace: null },
    { replace: 5 },
    { effects: null },
    { restore: null },
    { contents: null },
    { contents: { numbers: 'ab' } },
    { schedule: 'fare' },
    { seed: NaN },
    { foreignWaits: 'never' },
  ]) {
    expect(() => stage(build, options as never)).toThrow(expect.objectContaining(refused));
  }
  await using play = stage(build, { replace: { in: output<number>(), out: input<number>() } });
  const late = (): boolean => Promise.resolve(false) as never;
  await expect(play.until(late)).rejects.toMatchObject(refused);
  await expect(play.until(true as never)).rejects.toMatchObject(refused);
  await expect(play.advance(undefined as never)).rejects.toMatchObject(refused);
  await expect(play.expectNothing('out', { withinMs: 50 } as never)).rejects.toMatchObject(refused);
  await expect(play.expectNothing('out', 50 as never)).rejects.toMatchObject(refused);
  await expect(play.expectAnyOrder('out', 1 as never)).rejects.toMatchObject(refused);
  await play.send('in', 1);
  await expect(play.expect('out', late)).rejects.toMatchObject(refused);
  expect(play.sim.clock.nowMs()).toBe(0);
});

test('a part that publishes is played as one that sends: whoever has subscribed gets it', async () => {
  const ticker = defineActor({ outputs: { ticks: outputPort<number>() }, source: () => 'done' });
  const counter = defineActor({
    inputs: { mailbox: input<number>({ capacity: 4 }) },
    outputs: { sums: output<number>() },
    state: () => ({ sum: 0 }),
    on: {
      mailbox(number, { state, outputs }) {
        state.sum += number;
        outputs.sums.send(state.sum);
      },
    },
  });
  const ticking = ({ ports, log }: Pick<StageWorld, 'ports' | 'log'>): Graph => {
    const graph = new Graph({ name: 'ticking', ports, log });
    const sums = graph.channel<number>('sums', { capacity: 4 });
    const source = graph.actor('ticker', ticker, {});
    source.port('ticks').subscribe(graph.spawn('counter', counter, { sums }));
    graph.sink('printer', sums, () => undefined);
    return graph;
  };
  await using play = stage(ticking, { replace: { ticker, printer: input<number>() } });
  await play.send('ticker', 1);
  await play.send('ticker', 2, { port: 'ticks' });
  await play.expect('printer', 1);
  await play.expect('printer', 3);
});
