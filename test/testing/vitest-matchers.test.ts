/** The matchers of `holdfast/testing/vitest`: what they say, and their types. */
import { defineActor, Graph, input, output } from 'holdfast';
import { Simulation, stage, testActor } from 'holdfast/testing';
import { matchers } from 'holdfast/testing/vitest';
import { describe, expect, test } from 'vitest';

const halver = defineActor({
  inputs: { numbers: input<number>() },
  outputs: { halves: output<{ readonly half: number }>() },
  on: {
    numbers(value, { outputs, reject }) {
      if (value % 2 === 1) reject('odd');
      else outputs.halves.send({ half: value / 2 });
    },
  },
});

function build({ ports }: { readonly ports: Simulation['ports'] }): Graph {
  const graph = new Graph({ name: 'halves', ports, logLevel: 'silent' });
  const numbers = graph.channel<number>('numbers', { capacity: 4 });
  const halves = graph.channel<{ readonly half: number }>('halves', { capacity: 4 });
  graph.feed('source', [2, 3, 4], numbers);
  graph.actor('halver', halver, { numbers, halves });
  graph.sink('target', halves, () => undefined);
  return graph;
}

const saying = (call: () => void): string => {
  try {
    call();
    return 'it holds';
  } catch (error) {
    return (error as Error).message;
  }
};

test('on a test actor', async () => {
  await using actor = testActor(halver);
  actor.send('numbers', 2, 3, 4);
  await actor.idle();
  expect(actor).toHaveSent('halves', [{ half: 1 }, { half: 2 }]);
  expect(actor).toHaveSent('halves', [({ half }) => half === 1, { half: expect.any(Number) as number }]);
  expect(actor).toHaveSent('halves', 2);
  expect(actor).toHaveTaken('numbers', [2, 4]);
  expect(actor).not.toHaveTaken('numbers', [2, 3, 4]);
  expect(actor).toHaveDeadLetter();
  expect(actor).toHaveDeadLetter({ payload: 3, reason: 'rejected', text: expect.stringContaining('odd') });
  expect(actor).not.toHaveDeadLetter({ payload: 4 });
  expect(actor).toBeConserved();
  // @ts-expect-error: there is no such output
  expect(() => expect(actor).toHaveSent('quarters', [])).toThrow('one of "halves"');
  // @ts-expect-error: halves are objects
  expect(actor).not.toHaveSent('halves', [1, 2]);
  // @ts-expect-error: there is no such input
  expect(() => expect(actor).toHaveTaken('halves', [])).toThrow('one of "numbers"');
});

test('on a stage', async () => {
  await using play = stage(build, {
    replace: { source: output<number>(), target: input<{ readonly half: number }>() },
  });
  await play.send('source', 4);
  await play.expect('target', { half: 2 });
  expect(play).toHaveSent('source', [4]);
  expect(play).toHaveTaken('target', [{ half: 2 }]);
  expect(play).not.toHaveDeadLetter();
  expect(play).toBeConserved();
  // @ts-expect-error: the source sends numbers
  expect(play).not.toHaveSent('source', ['4']);
  // @ts-expect-error: nobody plays the halver
  expect(() => expect(play).toHaveTaken('halver', 1)).toThrow('one of "source", "target"');
});

test('on a graph: how many', async () => {
  const sim = new Simulation();
  const graph = build(sim);
  graph.start();
  await sim.runUntil(graph.stopped());
  expect(graph).toHaveSent('numbers', 3);
  expect(graph).toHaveTaken('numbers', 2);
  expect(graph).toHaveDeadLetter({ channel: 'numbers', actor: 'halver' });
  expect(graph).toBeConserved();
  // @ts-expect-error: a graph keeps no messages
  expect(() => expect(graph).toHaveSent('numbers', [2, 3, 4])).toThrow('A graph keeps no messages');
  expect(() => expect(graph).toHaveSent('number', 3)).toThrow('no channel "number", only numbers, halves');
});

describe('what they say', () => {
  test('when something else was sent, or nothing', async () => {
    await using actor = testActor(halver);
    expect(saying(() => expect(actor).toHaveSent('halves', [{ half: 1 }]))).toContain(
      `expected "halves" to have sent:\n  { half: 1 }\nit has sent:\n  nothing`,
    );
    expect(saying(() => expect(actor).toHaveSent('halves', 3))).toBe(
      'expected "halves" to have sent 3 messages; it has sent 0',
    );
    expect(saying(() => expect(actor).not.toHaveTaken('numbers', 0))).toContain('not to have taken 0 messages');
    actor.send('numbers', 3);
    await actor.idle();
    expect(saying(() => expect(actor).toHaveDeadLetter({ reason: 'showstopper' }))).toContain(
      `with { reason: 'showstopper' }; there are:\n  { payload: 3, channel: 'numbers', reason: 'rejected', text: 'odd' }`,
    );
    expect(saying(() => expect(actor).not.toBeConserved())).toContain('to be lost or doubled');
  });

  test('of a graph that has lost a message', () => {
    const graph = build(new Simulation());
    const ring = graph.backstage.channels.get('numbers')?.ring();
    if (ring !== undefined) ring.taken += 1;
    expect(saying(() => expect(graph).toBeConserved())).toContain(
      'messages are not conserved: "numbers": sent 0, taken 1',
    );
    expect(graph).not.toBeConserved();
  });

  test('of what they are not for', () => {
    for (const [name, matcher] of Object.entries(matchers)) {
      expect(() => (matcher as (received: unknown) => unknown)([])).toThrow(
        `${name} is for a test actor, a stage or a graph, and not for []`,
      );
    }
  });
});
