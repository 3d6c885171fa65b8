/** The option `capsules` of graphs: what is written down of a failed turn, what is not, and that it does no harm. */
import { type Capsule, type CapsulePlace, defineActor, Graph, type GraphOptions, input, output, table } from 'holdfast';
import { type CapturedLog, capturedLog, replayCapsule, Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';

const SECRET = 'card 4711-0815';

const payer = defineActor({
  inputs: { cards: input<{ readonly number: string }>({ capacity: 32 }) },
  outputs: { receipts: output<string>() },
  state: () => ({ last: SECRET }),
  tables: { known: table<string, string>({ initial: () => [['a', SECRET]] }) },
  on: {
    async cards({ number }, { outputs, effect, args }) {
      void args;
      outputs.receipts.send(number);
      await effect('charge', () => Promise.resolve(SECRET));
      throw Object.assign(new Error('refused'), { code: 'E_REFUSED' });
    },
  },
});

interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly log: CapturedLog;
  readonly pay: (card?: unknown) => void;
}

function world(capsules: GraphOptions['capsules'], options: { readonly showstopperAfter?: number } = {}): World {
  const sim = new Simulation();
  const log = capturedLog();
  const actorDefaults = { showstopperAfter: 1, maxRestarts: Infinity, ...options };
  const graph = new Graph({
    name: 'shop',
    ports: sim.ports,
    log,
    actorDefaults,
    ...(capsules && { capsules }),
  });
  const receipts = graph.channel<string>('receipts', { capacity: 4 });
  graph.sink('receipts sink', receipts, () => undefined);
  const handle = graph.actor('payer', payer, { receipts });
  graph.start();
  return { sim, graph, log, pay: (card = { number: SECRET }) => void handle.input('cards').trySend(card as never) };
}

const folder = 'capsules';

function only({ sim }: World): Capsule {
  expect(sim.capsules).toHaveLength(1);
  return sim.capsules[0] as Capsule;
}

test('off, nothing is recorded and nothing is written', async () => {
  const shop = world(undefined);
  shop.pay();
  await shop.sim.settle();
  expect(shop.sim.capsules).toEqual([]);
  expect(shop.graph.backstage.core.recorder).toBeNull();
});

test('a turn that commits, a kill and a roll back get none', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'shop', ports: sim.ports, logLevel: 'silent', capsules: { folder, payloads: true } });
  const calm = defineActor({
    inputs: { numbers: input<number>({ capacity: 4 }) },
    on: { numbers: (number, { regeneration, rollback }) => void (number === 2 && regeneration === 0 && rollback()) },
  });
  const handle = graph.actor('calm', calm, {});
  graph.start();
  for (const number of [1, 2, 3]) handle.input('numbers').trySend(number);
  await sim.advance(1_000);
  handle.kill();
  await sim.advance(1_000);
  expect(sim.capsules).toEqual([]);
});

describe('what is kept', () => {
  test('by default no payload, no state, no arguments and no result of an effect: what happened, and to which messages', async () => {
    const shop = world({ folder });
    shop.pay();
    await shop.sim.settle();
    const capsule = only(shop);
    expect(JSON.stringify(capsule)).not.toContain('4711');
    expect(capsule).toMatchObject({
      format: 'holdfast capsule',
      version: 1,
      graph: 'shop',
      actor: 'payer',
      definition: { style: 'handler', inputs: ['cards'], outputs: ['receipts'], tables: ['known'], hasState: true },
      error: { name: 'Error', message: 'refused', code: 'E_REFUSED', stack: expect.stringContaining('capsules.test') },
      turn: { number: 0, regeneration: 0, attempt: 1, lane: -1, messageIds: [expect.stringMatching(/payer\.cards\/0$/)] },
      inputs: [{ input: 'cards', channel: 'payer.cards', taken: 1, messages: [{ sequence: 0, failedAttempts: 0 }] }],
      outputs: [{ output: 'receipts', staged: 1 }],
      effects: [{ name: 'charge', kind: 'returned' }],
      settings: { showstopperAfter: 1, maxRestarts: { $number: 'Infinity' }, showstopper: false },
      notes: [],
    }); // prettier-ignore
    expect(capsule.obstacles.join('; ')).toMatch(/^the state: payloads are not kept.*table "known".*messages in hand/);
    await expect(replayCapsule(payer, capsule)).rejects.toThrow(
      /cannot be run again: .*payloads are not kept.* Write capsules with the option payloads: true/,
    );
  });

  test('with payloads everything, and nothing is in the way of running it again', async () => {
    const shop = world({ folder, payloads: true });
    shop.pay();
    await shop.sim.settle();
    const capsule = only(shop);
    expect(capsule.obstacles).toEqual([]);
    expect(capsule.tables['known']).toEqual({ kind: 'kept', json: [['a', SECRET]] });
    expect(await replayCapsule(payer, capsule, { failure: 'report' })).toMatchObject({ outcome: 'same' });
  });

  test('a redact decides for each payload, and is told what it is', async () => {
    const places: CapsulePlace[] = [];
    const redact = (value: unknown, place: CapsulePlace): unknown => {
      places.push(place);
      return JSON.parse(JSON.stringify(value).replaceAll(/\d{4}-\d{4}/g, 'xxxx')) as unknown;
    };
    const shop = world({ folder, redact });
    shop.pay();
    await shop.sim.settle();
    const capsule = only(shop);
    expect(JSON.stringify(capsule)).not.toContain('4711');
    expect(capsule.obstacles).toEqual([]);
    expect(places).toEqual([
      { kind: 'message', actor: 'payer', name: 'cards' },
      { kind: 'state', actor: 'payer', name: 'payer' },
      { kind: 'effect', actor: 'payer', name: 'charge' },
      { kind: 'table', actor: 'payer', name: 'known' },
      { kind: 'sent', actor: 'payer', name: 'receipts' },
    ]);
    const replay = await replayCapsule(payer, capsule, { failure: 'report' });
    expect(replay).toMatchObject({ outcome: 'same', state: { last: 'card xxxx' } });
  });

  test('what a redact leaves out, throws at or promises is not kept, and what it throws is not told', async () => {
    const answers: Readonly<Record<string, () => unknown>> = {
      message: () => undefined,
      state: () => {
        throw new Error(SECRET);
      },
      table: () => Promise.reject(new Error(SECRET)),
    };
    const shop = world({ folder, redact: (value, { kind }) => (answers[kind] ?? (() => value))() });
    shop.pay({ number: 'none' });
    await shop.sim.settle();
    const { state, tables, inputs, obstacles } = only(shop);
    expect(inputs[0]?.messages[0]?.payload).toEqual({ kind: 'omitted', why: 'left out by redact' });
    expect(state).toEqual({ kind: 'omitted', why: 'Error: redact threw' });
    expect(tables['known']).toEqual({ kind: 'omitted', why: 'Error: redact answered with a promise' });
    expect(obstacles).toHaveLength(3);
  });

  test('a redact is refused what a turn is refused: it decides, and does nothing else', async () => {
    const errors: unknown[] = [];
    let send = (): unknown => undefined;
    const redact = (value: unknown): unknown => {
      try {
        send();
      } catch (error) {
        errors.push(error);
      }
      return value;
    };
    const shop = world({ folder, redact });
    send = () => shop.pay();
    shop.pay();
    await shop.sim.settle();
    expect(errors[0]).toMatchObject({ code: 'ERR_OUTSIDE_API_IN_TURN' });
    expect(only(shop).obstacles).toEqual([]);
  });

  test('what JSON cannot have is left out with its reason', async () => {
    const shop = world({ folder, payloads: true });
    shop.pay({ number: 'x', call: () => undefined });
    await shop.sim.settle();
    expect(only(shop).obstacles).toEqual(['messages in hand: TaggedJsonError: payload.call is a function']);
  });

  test('a thrown value that is no error is told as one', async () => {
    const sim = new Simulation();
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent', capsules: { folder, payloads: true } });
    const thrower = defineActor({
      inputs: { go: input<number>({ capacity: 1 }) },
      on: {
        go() {
          throw 'text'; // eslint-disable-line @typescript-eslint/only-throw-error -- what users throw
        },
      },
    });
    graph.actor('thrower', thrower, {}).input('go').trySend(1);
    graph.start();
    await sim.settle();
    expect(sim.capsules[0]?.error).toMatchObject({ name: 'thrown value', code: null, stack: null });
    const replay = await replayCapsule(thrower, sim.capsules[0] as Capsule, { failure: 'report' });
    expect(replay).toMatchObject({ outcome: 'same', error: 'text' });
  });
});

describe('bounds', () => {
  test('what does not fit into bytesMax is left out, the message in hand last', async () => {
    const shop = world({ folder, payloads: true, bytesMax: 16_384 });
    shop.pay({ number: 'y'.repeat(9_000) });
    await shop.sim.settle();
    const capsule = only(shop);
    expect(JSON.stringify(capsule).length).toBeLessThan(16_384);
    expect(capsule.inputs[0]?.messages[0]?.payload.kind).toBe('kept');
    expect(capsule.outputs[0]?.messages[0]).toMatchObject({ why: 'too large for what is left of capsules.bytesMax' });
    shop.pay({ number: 'z'.repeat(20_000) });
    await shop.sim.settle();
    expect(shop.sim.capsules[1]?.obstacles).toEqual([
      'messages in hand: too large for what is left of capsules.bytesMax',
    ]);
  });

  test('bytes are counted, not characters', async () => {
    const shop = world({ folder, payloads: true, bytesMax: 16_384 });
    shop.pay({ number: '\u20ac'.repeat(6_000) });
    await shop.sim.settle();
    expect(only(shop).obstacles).toHaveLength(1);
  });

  test('a turn with thousands of messages in hand lists some of them, and says so', async () => {
    const sim = new Simulation();
    const capsules = { folder, payloads: true, bytesMax: 65_536 };
    const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent', capsules });
    const greedy = defineActor({
      inputs: { numbers: input<number>({ capacity: 10_000 }) },
      async run({ inputs: { numbers }, next }) {
        await next(numbers.avail(10_000));
        throw new Error(`${numbers.takeMany(10_000).length}`);
      },
    });
    const numbers = graph.actor('greedy', greedy, {}).input('numbers');
    for (let number = 0; number < 10_000; number += 1) numbers.trySend(number);
    graph.start();
    await sim.settle();
    const capsule = sim.capsules[0] as Capsule;
    expect(JSON.stringify(capsule).length).toBeLessThan(65_536);
    expect(capsule.inputs[0]).toMatchObject({ taken: 10_000, size: 10_000 });
    expect(capsule.inputs[0]?.messages).toHaveLength(64);
    expect(capsule.obstacles.join()).toContain('more than a capsule of this size lists');
  });

  test('within a minute there are so many; the others get none, and the log says so once', async () => {
    const shop = world({ folder, perMinuteMax: 3 });
    for (let count = 0; count < 10; count += 1) shop.pay();
    await shop.sim.advance(1_000);
    expect(shop.sim.capsules).toHaveLength(3);
    expect(shop.graph.deadLetters.count()).toBe(10);
    expect(shop.log.lines.filter(({ text }) => text.includes('perMinuteMax'))).toHaveLength(1);
    await shop.sim.advance(60_000);
    shop.pay();
    await shop.sim.settle();
    expect(shop.sim.capsules).toHaveLength(4);
  });

  test('the folder holds so many, and the oldest go', async () => {
    const shop = world({ folder, filesMax: 2 });
    for (let count = 0; count < 4; count += 1) shop.pay();
    await shop.sim.settle();
    expect(shop.sim.capsules.map(({ turn: { messageIds } }) => messageIds[0]?.split('/').at(-1))).toEqual(['2', '3']);
  });
});

describe('a disk that fails', () => {
  test('is complained of once, and changes nothing', async () => {
    const shop = world({ folder, payloads: true });
    shop.sim.capsuleFiles.failure = new Error('ENOSPC: no space left on device');
    for (let count = 0; count < 3; count += 1) shop.pay();
    await shop.sim.settle();
    expect(shop.graph.deadLetters.count()).toBe(3);
    expect(shop.log.lines.filter(({ text }) => text === 'a capsule could not be written')).toHaveLength(1);
    shop.sim.capsuleFiles.failure = null;
    shop.pay();
    await shop.sim.settle();
    expect(shop.sim.capsules).toHaveLength(1);
    shop.sim.capsuleFiles.failure = new Error('ENOSPC');
    shop.pay();
    await shop.sim.settle();
    expect(shop.log.lines.filter(({ text }) => text === 'a capsule could not be written')).toHaveLength(2);
    shop.graph.requestShutdown();
    await shop.sim.runUntil(shop.graph.stopped());
    shop.graph.checkConservation();
  });

  test('that hangs holds nobody up, neither a turn nor the end, and fills no memory', async () => {
    const sim = new Simulation();
    let begun = 0;
    const capsuleFiles = {
      versions: { holdfast: '0', node: '0' },
      write: () => {
        begun += 1;
        return new Promise<string>(() => undefined);
      },
    };
    const capsules = { folder, perMinuteMax: 1_000 };
    const graph = new Graph({ name: 'g', ports: { ...sim.ports, capsuleFiles }, logLevel: 'silent', capsules });
    const failing = defineActor({
      inputs: { numbers: input<number>({ capacity: 64 }) },
      on: {
        numbers() {
          throw new Error('always');
        },
      },
    });
    const actor = graph.actor('failing', failing, {}, { showstopperAfter: 1, maxRestarts: Infinity });
    const ran = graph.run();
    for (let number = 0; number < 50; number += 1) actor.input('numbers').trySend(number);
    await sim.settle();
    expect(graph.deadLetters.count()).toBe(50);
    expect(begun).toBe(1);
    graph.requestShutdown();
    const beforeMs = sim.clock.nowMs();
    await sim.runUntil(ran);
    expect(sim.clock.nowMs() - beforeMs).toBe(1_000); // as long as the end waits for it
    expect(sim.clock.pending).toBe(0);
  });
});

test('the same failures make the same capsules', async () => {
  const run = async (): Promise<string> => {
    const shop = world({ folder, payloads: true });
    for (let count = 0; count < 5; count += 1) shop.pay();
    await shop.sim.settle();
    return JSON.stringify(shop.sim.capsules);
  };
  expect(await run()).toBe(await run());
});

test.each([
  [{}, /capsules\.folder must be a string/],
  [{ folder: '' }, /capsules\.folder must be/],
  [{ folder, files: 1 }, /unknown option "files"/],
  [{ folder, payloads: 1 }, /capsules\.payloads must be true or false/],
  [{ folder, redact: true }, /capsules\.redact must be a function/],
  [{ folder, redact: () => 1, payloads: false }, /payloads must be true, or left out, where there is a redact/],
  [{ folder, bytesMax: 16_383 }, /capsules\.bytesMax must be an integer from 16384/],
  [{ folder, filesMax: 0 }, /capsules\.filesMax must be an integer from 1/],
  [{ folder, perMinuteMax: 0 }, /capsules\.perMinuteMax must be an integer from 1/],
  [true, /capsules must be an object/],
])('the options %j are refused', (capsules, message) => {
  expect(() => new Graph({ name: 'g', capsules: capsules as never })).toThrow(message);
});

test('options at their bounds are taken', () => {
  const capsules = { folder, bytesMax: 16_384, filesMax: 1, perMinuteMax: 1 };
  expect(() => new Graph({ name: 'g', logLevel: 'silent', capsules })).not.toThrow();
});
