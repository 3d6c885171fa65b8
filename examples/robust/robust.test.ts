/** The lesson in which every actor fails: each failure is looked at from close by, then the graph as a whole. */
import { stage, testActor } from 'holdfast/testing';
import 'holdfast/testing/vitest';
import { describe, expect, test } from 'vitest';
import { fizzBuzz } from '../standard/fizz-buzz.ts';
import { faults } from './faults.ts';
import { generator } from './generator.ts';
import { heartbeat } from './heartbeat.ts';
import { logger } from './logger.ts';
import { buildRobust } from './robust.ts';
import { worker } from './worker.ts';

describe('the actors, one by one', () => {
  test('the generator goes on with the very value at which it failed', async () => {
    const failsAt = faults.generatorAtMessage;
    await using actor = testActor(generator);
    const turns = await actor.turns(failsAt + 1);
    const failed = turns[failsAt - 1];
    expect(failed).toMatchObject({ kind: 'failed', undone: { sent: { numbers: [failsAt - 1] } } });
    expect(failed?.stateAfter).toEqual({ generated: failsAt - 1 });
    expect(turns[failsAt]).toMatchObject({ kind: 'committed', regeneration: 1, sent: { numbers: [failsAt - 1] } });
  });

  test('the heartbeat keeps its count and its cadence', async () => {
    await using actor = testActor(heartbeat, { args: { rateMs: 100, beats: 10 } });
    await actor.turns(11);
    expect(actor).toHaveSent('beats', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(actor.history.filter(({ kind }) => kind === 'failed').map(({ endedAtMs }) => endedAtMs)).toEqual([700]);
    expect(actor.sim.clock.nowMs()).toBe(1_000);
  });

  test('the worker gives up on a value after three attempts, and its beat serves the next one', async () => {
    const value = faults.workerOnValue;
    await using actor = testActor(worker, { options: { showstopperAfter: 3 } });
    actor.send('numbers', value, 5);
    actor.send('beats', 1);
    const turns = await actor.turns(4);
    expect(turns.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'failed', 'committed']);
    expect(actor).toHaveSent('words', [fizzBuzz(5)]);
    expect(actor).toHaveDeadLetter({ payload: value, reason: 'showstopper', attempts: 3 });
    expect(actor.state).toEqual({ beats: 1, values: 1 });
  });

  test('the logger has counted nothing in a turn that fails, and logs its failures', async () => {
    const value = faults.loggerOnValue;
    await using actor = testActor(logger, { options: { showstopperAfter: 3 } });
    actor.send('words', fizzBuzz(value), fizzBuzz(3));
    await actor.advance(1_000);
    actor.log.expectLog(
      { level: 'error', text: `value ${value}`, fields: { regeneration: 0 } },
      { level: 'info', text: 'restarted', fields: { regeneration: 1 } },
      { level: 'error', fields: { regeneration: 2 } },
      { level: 'info', text: 'Fizz' },
    );
    expect(actor.state).toMatchObject({ total: 1, fizz: 1 });
    expect(actor).toHaveSent('counted', [3]);
  });

  test.each(['next', 'take', 'send', 'commit:beforeState', 'commit:published'] as const)(
    'a crash of the worker at %s loses nothing and doubles nothing',
    async (step) => {
      await using actor = testActor(worker);
      actor.crashAt(step);
      actor.send('numbers', 1, 2);
      actor.send('beats', 1, 2);
      await actor.advance(1_000);
      expect(actor).toHaveSent('words', [fizzBuzz(1), fizzBuzz(2)]);
      expect(actor.state).toEqual({ beats: 2, values: 2 });
      expect(actor.regeneration).toBe(1);
    },
  );
});

describe('the graph', () => {
  test('its neighbours notice nothing of a worker that fails', async () => {
    const said: string[] = [];
    await using play = stage(
      ({ ports, log }) =>
        buildRobust({ rateMs: 1_000, beats: 60, graph: { ports, log }, say: (line) => said.push(line) }),
      { replace: { generator, heartbeat, logger } },
    );
    for (const value of [faults.workerOnValue, 15]) await play.send('generator', value);
    await play.send('heartbeat', 1);
    await play.expect('logger', fizzBuzz(15));
    expect(play).toHaveDeadLetter({ payload: faults.workerOnValue, attempts: 3 });
    expect(said.filter((line) => line.startsWith('worker restarted'))).toHaveLength(3);
  });

  test('as a whole: every value was counted once or is a dead letter', async () => {
    await using play = stage(({ ports, log }) => buildRobust({ rateMs: 1_000, beats: 60, graph: { ports, log } }));
    await play.until(() => play.graph.status === 'stopped', { withinMs: 120_000 });
    expect(play.built.verify()).toMatchObject({ lost: 0, doubled: 0, figures: { 'dead letters': 2 } });
    expect(play).toHaveDeadLetter({ payload: faults.workerOnValue });
    expect(play).toHaveDeadLetter({ payload: fizzBuzz(faults.loggerOnValue) });
    expect(play).toBeConserved();
  });
});
