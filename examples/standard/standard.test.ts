/** How a lesson is tested: each actor alone, then the graph with some of its actors played by the test. */
import { stage, testActor } from 'holdfast/testing';
import 'holdfast/testing/vitest';
import { describe, expect, test } from 'vitest';
import { fizzBuzz } from './fizz-buzz.ts';
import { generator } from './generator.ts';
import { heartbeat } from './heartbeat.ts';
import { logger } from './logger.ts';
import { buildStandard } from './standard.ts';
import { worker } from './worker.ts';

describe('the actors, one by one', () => {
  test('the generator counts from 0, as far as there is room', async () => {
    await using actor = testActor(generator, { capacity: 3 });
    await actor.idle();
    expect(actor).toHaveSent('numbers', [0, 1, 2]);
    expect(actor.read('numbers', 2)).toEqual([0, 1]);
    await actor.idle();
    expect(actor).toHaveSent('numbers', [0, 1, 2, 3, 4]);
  });

  test('the heartbeat keeps its rate, and asks for the shutdown on its last beat', async () => {
    await using actor = testActor(heartbeat, { args: { rateMs: 1_000, beats: 2 } });
    const [first, last] = await actor.turns(2);
    expect([first?.endedAtMs, last?.endedAtMs]).toEqual([1_000, 2_000]);
    expect(actor).toHaveSent('beats', [1, 2]);
    expect(actor.graph.status).toBe('draining');
    actor.log.expectLog({ text: 'stopping', fields: { reason: 'the last beat' } });
  });

  test('the worker waits for a beat, and then works off all that is there in one turn', async () => {
    await using actor = testActor(worker);
    actor.send('numbers', 3, 4, 5);
    await actor.advance(60_000);
    expect(actor).toHaveSent('words', []);
    actor.send('beats', 1);
    const [turn] = await actor.turns(1);
    expect(turn?.sent.words.map(({ text }) => text)).toEqual(['Fizz', '4', 'Buzz']);
    expect(turn?.stateAfter).toEqual({ batches: 1, values: 3 });
  });

  test('the worker drains what is left when there will be no more beats', async () => {
    await using actor = testActor(worker);
    actor.send('numbers', 15);
    actor.close();
    await actor.idle();
    expect(actor).toHaveSent('words', [fizzBuzz(15)]);
    expect(actor.exit).toEqual({ kind: 'completed' });
  });

  test('the worker has room for what it takes, or leaves it', async () => {
    await using actor = testActor(worker, { ports: { words: { capacity: 2 } } });
    actor.send('numbers', 1, 2, 3);
    actor.send('beats', 1, 2);
    await actor.idle();
    expect(actor).toHaveTaken('numbers', [1, 2]);
    actor.read('words');
    await actor.idle();
    expect(actor).toHaveTaken('numbers', [1, 2, 3]);
  });

  test('the logger logs each word, counts it by its kind, and says which value it was', async () => {
    await using actor = testActor(logger);
    actor.send('words', fizzBuzz(1), fizzBuzz(15));
    await actor.idle();
    actor.log.expectLog(
      { level: 'info', text: '1', fields: { value: 1 } },
      { level: 'info', text: 'FizzBuzz', fields: { value: 15 } },
    );
    expect(actor.state).toEqual({ total: 2, fizz: 0, buzz: 0, fizzBuzz: 1, number: 1 });
    expect(actor).toHaveSent('counted', [1, 15]);
  });
});

describe('the graph', () => {
  const build = (world: Parameters<Parameters<typeof stage>[0]>[0]) =>
    buildStandard({ rateMs: 1_000, beats: 3, graph: { ports: world.ports, log: world.log } });

  test('turns numbers into words at a beat', async () => {
    await using play = stage(build, { replace: { generator, heartbeat, logger } });
    await play.send('generator', 15);
    await play.expectNothing('logger', { forMs: 60_000 });
    await play.send('heartbeat', 1);
    await play.expect('logger', fizzBuzz(15));
  });

  test('fills up while nobody takes the words, and loses none', async () => {
    await using play = stage(build, { replace: { generator, heartbeat, logger } });
    play.hold('logger');
    for (let beat = 0; beat < 2; beat += 1) {
      for (let value = 0; value < 64; value += 1) await play.send('generator', 64 * beat + value);
      await play.send('heartbeat', beat);
    }
    await play.idle();
    expect(play.graph).toHaveTaken('numbers', 64);
    play.release('logger');
    await play.until(() => play.received('logger').length === 128);
    expect(play).toHaveTaken(
      'logger',
      Array.from({ length: 128 }, (_, value) => fizzBuzz(value)),
    );
    expect(play).toBeConserved();
  });

  test('goes on in the middle: with the state of the generator and what was on its way', async () => {
    await using play = stage(build, {
      replace: { logger },
      restore: { generator: { state: { generated: 100 } } },
      contents: { numbers: [98, 99] },
    });
    await play.expect('logger', fizzBuzz(98));
    await play.expect('logger', fizzBuzz(99));
    await play.expect('logger', fizzBuzz(100));
  });

  test('as a whole: three batches, in order, and then it stops by itself', async () => {
    await using play = stage(build);
    await play.until(() => play.graph.status === 'stopped');
    play.log.expectLog('FizzBuzz', '1', '2', 'Fizz', '4', 'Buzz', { text: 'stopping' }, 'stopped cleanly');
    expect(play.built.verify()).toMatchObject({ lost: 0, doubled: 0 });
    expect(play.graph).not.toHaveDeadLetter();
  });
});
