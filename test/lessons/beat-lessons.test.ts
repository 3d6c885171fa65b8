/** The lessons that live by a heartbeat, on the virtual clock: an hour of theirs takes milliseconds. */
import type { GraphSnapshot } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { describe, expect, test } from 'vitest';
import type { BeatOptions, Lesson, Verification } from '../../examples/lesson.ts';
import { buildMinimum } from '../../examples/minimum.ts';
import { buildRobust } from '../../examples/robust/robust.ts';
import { buildStandard } from '../../examples/standard/standard.ts';

interface Outcome extends Verification {
  readonly graph: Lesson['graph'];
  readonly snapshot: GraphSnapshot;
  readonly tookMs: number;
}

async function run(build: (options: BeatOptions) => Lesson, beats: number, rateMs: number = 1_000): Promise<Outcome> {
  const sim = new Simulation();
  const lesson = build({ rateMs, beats, graph: { ports: sim.ports } });
  await sim.runUntil(lesson.graph.run());
  expect(sim.clock.pending).toBe(0);
  expect(sim.clock.keepsAlive).toBe(false);
  expect(sim.host.listeners).toBe(0);
  return { ...lesson.verify(), graph: lesson.graph, snapshot: lesson.graph.snapshot(), tookMs: sim.clock.nowMs() };
}

function actor({ snapshot }: Outcome, name: string): GraphSnapshot['actors'][number] {
  const found = snapshot.actors.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no actor "${name}"`);
  return found;
}

function failuresAndRestarts(outcome: Outcome): Record<string, [failures: number, restarts: number]> {
  return Object.fromEntries(outcome.snapshot.actors.map((each) => [each.name, [each.failures, each.restarts]]));
}

describe('minimum', () => {
  test('beats at its rate, and stops cleanly after the last beat', async () => {
    const outcome = await run(buildMinimum, 60);
    expect(actor(outcome, 'heartbeat').state).toEqual({ beats: 60 });
    expect(outcome.tookMs).toBe(60_000);
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
  });
});

describe('standard', () => {
  test('works one batch of 64 off at each beat', async () => {
    const outcome = await run(buildStandard, 60);
    expect(outcome.figures).toEqual({ generated: 3_840, counted: 3_840, 'dead letters': 0 });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, tookMs: 60_000 });
    expect(actor(outcome, 'worker').state).toEqual({ batches: 60, values: 3_840 });
    expect(actor(outcome, 'logger').state).toEqual({
      total: 3_840,
      fizz: 1_024,
      buzz: 512,
      fizzBuzz: 256,
      number: 2_048,
    });
    expect(outcome.snapshot.channels.every(({ inFlight, closed }) => inFlight === 0 && closed)).toBe(true);
  });

  test('restarts nobody', async () => {
    const outcome = await run(buildStandard, 3);
    expect(Object.values(failuresAndRestarts(outcome))).toEqual(Array.from({ length: 4 }, () => [0, 0]));
  });

  test.each([1, 2, 1_000])('stops cleanly with nothing lost after %i beats', async (beats) => {
    expect(await run(buildStandard, beats, 10)).toMatchObject({ lost: 0, doubled: 0 });
  });
});

describe('robust', () => {
  test('fails in all four actors, and loses and doubles nothing', async () => {
    const outcome = await run(buildRobust, 60);
    expect(failuresAndRestarts(outcome)).toEqual({
      heartbeat: [1, 1],
      generator: [1, 1],
      worker: [3, 3],
      logger: [3, 3],
    });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, tookMs: 60_000 });
    const { generated = 0, counted = 0 } = outcome.figures;
    expect(counted).toBe(generated - 2);
    expect(actor(outcome, 'generator').state).toEqual({ generated });
    expect(actor(outcome, 'heartbeat').state).toEqual({ beats: 60 });
    expect(actor(outcome, 'worker').state).toEqual({ beats: 60, values: generated - 1 });
    expect(actor(outcome, 'logger').state).toMatchObject({ total: generated - 2 });
  });

  test('makes dead letters of the two values that always fail, with what is known of them', async () => {
    const { graph } = await run(buildRobust, 60);
    expect(graph.deadLetters.list()).toMatchObject([
      { payload: 33, channel: 'numbers', actor: 'worker', reason: 'showstopper', attempts: 3, regeneration: 2 },
      { payload: { value: 41 }, channel: 'words', actor: 'logger', reason: 'showstopper', attempts: 3 },
    ]);
  });

  test('has all its failures in a run of 10 beats too, some of them in the drain', async () => {
    const outcome = await run(buildRobust, 10, 100);
    expect(failuresAndRestarts(outcome)).toMatchObject({ heartbeat: [1, 1], worker: [3, 3], logger: [3, 3] });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0, tookMs: 1_000 });
  });

  test('leaves out the failure of a beat that never comes', async () => {
    const outcome = await run(buildRobust, 6);
    expect(failuresAndRestarts(outcome)).toMatchObject({ heartbeat: [0, 0] });
    expect(outcome).toMatchObject({ lost: 0, doubled: 0 });
  });

  test('tells each failure, restart and showstopper', async () => {
    const lines: string[] = [];
    await run((options) => buildRobust({ ...options, say: (line) => lines.push(line) }), 60);
    expect(lines).toHaveLength(8 + 8 + 2);
    expect(lines).toContain('generator failed (Error: injected fault: message 13)');
    expect(lines).toContain('heartbeat restarted, regeneration 1');
    expect(lines).toContain('worker failed (Error: injected fault: value 33, attempt 3)');
    expect(lines).toContain('showstopper: 33 from "numbers" is a dead letter (worker, attempts: 3)');
  });
});
