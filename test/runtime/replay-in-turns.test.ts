/** Dead letters that an actor reads from a route and sends again, in its turn. */
import {
  type Channel,
  type DeadLetter,
  defineActor,
  type HandlerContext,
  input,
  type Output,
  output,
  outputBundle,
} from 'holdfast';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { actorOf, channelOf, collect, stopCleanly, type World, world } from './world.ts';

type Mend = (letter: DeadLetter, numbers: Output<number>, ctx: HandlerContext<never, never, undefined>) => void;

/** What a turn saw: the number, its identity, and the message that it was sent again for. */
type Seen = readonly [number, string | undefined, string | undefined];

interface Desk extends World {
  readonly numbers: Channel<number>;
  readonly seen: Seen[];
  readonly kept: () => readonly unknown[];
}

/** A desk that rejects what is below 0. Its letters go to a mender, who does with them as told. */
function desk(
  mend: Mend,
  numbersOf: (w: World) => Channel<number> = ({ graph }) => graph.channel('numbers', { capacity: 8 }),
): Desk {
  const w = world();
  const numbers = numbersOf(w);
  const letters = w.graph.channel<DeadLetter>('letters', { capacity: 8 });
  const seen: Seen[] = [];
  const rejecting = defineActor({
    inputs: { numbers: input<number>() },
    on: {
      numbers(number, { messageId, replayOf, reject }) {
        seen.push([number, messageId, replayOf]);
        if (number < 0) reject('below 0');
      },
    },
  });
  const mender = defineActor({
    inputs: { letters: input<DeadLetter>() },
    outputs: { numbers: output<number>() },
    on: { letters: (letter, ctx) => mend(letter, ctx.outputs.numbers, ctx as never) },
  });
  w.graph.deadLetters.route(letters);
  w.graph.actor('desk', rejecting, { numbers });
  w.graph.actor('mender', mender, { letters, numbers }, { showstopperAfter: 2 });
  const kept = (): unknown[] => w.graph.deadLetters.list().map(({ payload }) => payload);
  return { ...w, numbers, seen, kept };
}

async function give(w: Desk, ...all: number[]): Promise<void> {
  w.graph.start();
  for (const number of all) await w.numbers.send(number);
  await w.sim.advance(1_000);
}

describe('output.replay', () => {
  test('sends the message again, under an identity of its own, and names the old one', async () => {
    let mended = false;
    const w = desk((letter, numbers) => {
      if (mended) numbers.replay(letter, 1);
      else numbers.replay(letter);
      mended = true;
    });
    await give(w, -1);
    const [[, first], [, second], [, third]] = w.seen as [Seen, Seen, Seen];
    expect(w.seen).toEqual([
      [-1, first, undefined],
      [-1, second, first],
      [1, third, first], // the first of all, as in any replay
    ]);
    expect(new Set([first, second, third]).size).toBe(3);
    await stopCleanly(w);
  });

  test('marks that one only, among others of the same turn', async () => {
    const w = desk((letter, numbers) => {
      numbers.send(1);
      numbers.replay(letter, 2);
      numbers.send(3);
    });
    await give(w, -1, 4);
    expect(w.seen.map(([number, , replayOf]) => [number, replayOf !== undefined])).toEqual([
      [-1, false],
      [4, false],
      [1, false],
      [2, true],
      [3, false],
    ]);
    await stopCleanly(w);
  });

  test('of a turn that fails leaves nothing: the letter comes again, and what is sent then is no replay', async () => {
    const w = desk((letter, numbers, { attempt }) => {
      if (attempt === 1) {
        numbers.replay(letter, 1);
        throw new Error('planned');
      }
      numbers.send(2);
    });
    await give(w, -1);
    expect(w.seen.map(([number, , replayOf]) => [number, replayOf])).toEqual([
      [-1, undefined],
      [2, undefined],
    ]);
    expect(channelOf(w.graph, 'numbers')).toMatchObject({ sent: 2, taken: 1, deadLettered: 1 });
    await stopCleanly(w);
  });

  test('into a channel that nobody reads any more is a letter that names the old message too', async () => {
    const w = world();
    const jobs = w.graph.channel<number>('jobs', { capacity: 4 });
    const gone = w.graph.channel<number>('gone', { capacity: 4 });
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 4 });
    w.graph.deadLetters.route(letters, { channel: 'jobs' });
    const rejecting = defineActor({ inputs: { jobs: input<number>() }, on: { jobs: (_, { reject }) => reject('no') } });
    const leaving = defineActor({ inputs: { gone: input<number>() }, on: { gone: (_, { exit }) => exit() } });
    const mender = defineActor({
      inputs: { letters: input<DeadLetter>() },
      outputs: { gone: output<number>() },
      on: { letters: (letter, { outputs }) => outputs.gone.replay(letter) },
    });
    w.graph.actor('rejecting', rejecting, { jobs });
    w.graph.actor('leaving', leaving, { gone }, { restart: 'transient' });
    w.graph.actor('mender', mender, { letters, gone });
    w.graph.start();
    await gone.send(0);
    await w.sim.settle();
    await jobs.send(5);
    await w.sim.settle();
    const [letter] = w.graph.deadLetters.list();
    expect(letter).toMatchObject({ payload: 5, channel: 'gone', reason: 'no-consumer' });
    expect(letter?.replayOf).toMatch(/jobs\/0$/);
    await stopCleanly(w);
  });

  test('works for a lane of a bundle, and in a loop', async () => {
    const w = world();
    const jobs = w.graph.channel<number>('jobs', { capacity: 4 });
    const lanes = w.graph.bundle<number>('lanes', { lanes: 2, capacity: 4 });
    const letters = w.graph.channel<DeadLetter>('letters', { capacity: 4 });
    w.graph.deadLetters.route(letters);
    const rejecting = defineActor({ inputs: { jobs: input<number>() }, on: { jobs: (_, { reject }) => reject('no') } });
    const mender = defineActor({
      inputs: { letters: input<DeadLetter>() },
      outputs: { lanes: outputBundle<number>() },
      async run({ inputs: { letters: from }, outputs, next, running }) {
        while (running()) {
          await next(from.avail());
          const letter = from.take();
          if (letter !== undefined) outputs.lanes.lane(1).replay(letter);
        }
      },
    });
    w.graph.actor('rejecting', rejecting, { jobs });
    w.graph.actor('mender', mender, { letters, lanes });
    const [left, right] = lanes.map((lane) => collect(w.graph, lane));
    w.graph.start();
    await jobs.send(5);
    await w.sim.settle();
    expect([left, right]).toEqual([[], [5]]);
    await stopCleanly(w);
  });

  test.each([
    ['what is no letter', 'ERR_INVALID_OPTION', (numbers: Output<number>) => numbers.replay({ payload: 1 } as never)],
    ['nothing', 'ERR_INVALID_OPTION', (numbers: Output<number>) => numbers.replay(undefined as never)],
    [
      'into an output that is closed',
      'ERR_CHANNEL_CLOSED',
      (numbers: Output<number>, letter: DeadLetter): void => {
        numbers.close();
        numbers.replay(letter);
      },
    ],
    [
      'more than the channel can hold',
      'ERR_OVER_CAPACITY',
      (numbers: Output<number>, letter: DeadLetter): void => {
        for (let count = 0; count < 9; count += 1) numbers.replay(letter, 1);
      },
    ],
  ] as const)('fails the turn: %s', async (_, code, act) => {
    const w = desk((letter, numbers) => act(numbers, letter));
    await give(w, -1);
    expect(w.graph.deadLetters.list()).toMatchObject([{ channel: 'letters', error: { code } }]);
    expect(actorOf(w.graph, 'mender').failures).toBe(2);
    expect(w.seen).toHaveLength(1);
    await stopCleanly(w);
  });
});

describe('into a channel with a schema', () => {
  /** Text that is sent becomes a number: what has passed would not pass again. */
  const schema = z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number);

  function checked(mend: Mend): Desk {
    // Who sends text is no concern of the desk: what it takes are numbers.
    return desk(mend, ({ graph }) => graph.channel('numbers', { capacity: 8, schema }) as unknown as Channel<number>);
  }
  const text = (given: string): number => given as unknown as number;

  test('what had passed goes as it is', async () => {
    let times = 0;
    const w = checked((letter, numbers) => {
      times += 1;
      if (times < 3) numbers.replay(letter);
    });
    await give(w, text('-5'));
    expect(w.seen.map(([number]) => number)).toEqual([-5, -5, -5]);
    await stopCleanly(w);
  });

  test('what is edited is checked and transformed', async () => {
    const w = checked((letter, numbers) => numbers.replay(letter, text('12')));
    await give(w, text('-5'));
    expect(w.seen.map(([number, , replayOf]) => [number, replayOf !== undefined])).toEqual([
      [-5, false],
      [12, true],
    ]);
    await stopCleanly(w);
  });

  test('what does not fit becomes a letter in turn, and names the first message', async () => {
    const reasons: string[] = [];
    const w = checked((letter, numbers, { reject }) => {
      reasons.push(letter.reason);
      if (letter.reason === 'invalid') reject(`still ${String(letter.payload)}`);
      else numbers.replay(letter, text('five'));
    });
    await give(w, text('-5'));
    expect(reasons).toEqual(['rejected', 'invalid']);
    const [kept] = w.graph.deadLetters.list();
    expect(kept).toMatchObject({ channel: 'letters', text: 'still five', payload: { reason: 'invalid' } });
    expect((kept?.payload as DeadLetter).replayOf).toBe(w.seen[0]?.[1]);
    await stopCleanly(w);
  });

  test('what never fitted is checked again, unless it is mended', async () => {
    const w = checked((letter, numbers) => {
      if (letter.replayOf === undefined) numbers.replay(letter);
      else numbers.replay(letter, text('7'));
    });
    w.graph.feed('feed', [text('seven')], w.numbers);
    await give(w);
    expect(w.seen.map(([number]) => number)).toEqual([7]);
    expect(w.graph.snapshot().deadLetters).toMatchObject({ total: 2, routed: 2, kept: 0 });
    await stopCleanly(w);
  });
});
