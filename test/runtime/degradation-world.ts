/** Graphs that degrade, for the tests of that. */
import { type DegradationOptions, defineActor, type GraphEvent, type GraphOptions, input } from 'holdfast';
import { expect } from 'vitest';
import { actorOf, type World, world } from './world.ts';

/** Levels that go by the heap, or by a switch, with what a test wants of them. */
export function degraded(
  degradation: DegradationOptions,
  options: Omit<GraphOptions, 'name' | 'ports' | 'degradation'> = {},
): World {
  return world({ degradation, logLevel: 'silent', ...options });
}

/** A level that is on while the switch is. */
export function switched(level: Omit<DegradationOptions['levels'][number], 'name' | 'when'>): {
  w: World;
  on: () => Promise<void>;
  off: () => Promise<void>;
} {
  let isOn = false;
  const when = { custom: { switch: () => isOn } };
  const w = degraded({
    levels: [{ name: 'degraded', when, ...level }],
    checkEveryMs: 10,
    recover: { afterMs: 0 },
  });
  const turn = async (to: boolean): Promise<void> => {
    isOn = to;
    await w.sim.advance(10);
    expect(w.graph.degradation.level).toBe(to ? 1 : 0);
  };
  return { w, on: () => turn(true), off: () => turn(false) };
}

/** The steps among the events, each with its virtual time. */
export function steps(w: World): string[] {
  const trace: string[] = [];
  w.graph.subscribe((event: GraphEvent) => {
    if (event.kind !== 'degraded' && event.kind !== 'recovered') return;
    const { kind, from, level, name, cause } = event;
    const where = cause.channel === undefined ? '' : ` in ${cause.channel}`;
    trace.push(
      `${w.sim.clock.nowMs()}: ${kind} ${from} > ${level} ${name}, ${cause.trigger} ${cause.value}/${cause.limit}${where}`,
    );
  });
  return trace;
}

/** Keeps a graph running: waits for messages that never come. */
export function keepRunning({ graph }: World): void {
  const idle = defineActor({ inputs: { in: input<number>({ capacity: 1 }) }, on: { in: () => undefined } });
  graph.actor('idle', idle, {});
}

export const adder = defineActor({
  inputs: { in: input<number>() },
  state: () => ({ got: [] as number[] }),
  on: {
    in(value, { state }) {
      state.got.push(value);
    },
  },
});

export const gotOf = (w: World, actor: string): number[] => (actorOf(w.graph, actor).state as { got: number[] }).got;
