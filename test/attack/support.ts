/** What all attacks share: a silent logger, the length of a run, and checks that hold at every moment. */
import process from 'node:process';
import type { Graph } from 'holdfast';

export { leftovers } from '../../src/testing/leftovers.ts';
export { silent } from './silent.ts';

/**
 * How much longer than in CI the attacks run: `HOLDFAST_ATTACK=20 npx vitest run --project unit test/attack` tries 20
 * times as many seeds and leaves no crash point out.
 */
export const EFFORT = Math.max(0.01, Number(process.env['HOLDFAST_ATTACK'] ?? '1'));

/** Where random runs start: `HOLDFAST_SEED` repeats or moves them. */
export const FIRST_SEED = Number(process.env['HOLDFAST_SEED'] ?? '1');

export function times(runs: number): number {
  return Math.max(1, Math.round(runs * EFFORT));
}

/** An error that an attack throws inside an actor. */
export class Injected extends Error {
  override readonly name: string = 'Injected';
}

/** Checks what must hold at every moment: messages are conserved, and no channel holds more than its capacity. */
export function checkInvariants(graph: Graph): void {
  graph.checkConservation();
  for (const { name, inFlight, highestFill, capacity } of graph.snapshot().channels) {
    if (inFlight > capacity || highestFill > capacity) {
      throw new Error(`channel "${name}" holds ${inFlight} (at most ${highestFill}) of ${capacity}`);
    }
  }
}
