/** The proof at the end of the lessons must be able to fail. */
import { defineActor, Graph, output } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { expect, test } from 'vitest';
import { Ledger } from '../../examples/standard/ledger.ts';

/** A graph of which only the final states matter: so many values generated, so many counted. */
async function stoppedGraph(generated: number, total: number): Promise<Graph> {
  const sim = new Simulation();
  const graph = new Graph({ name: 'books', ports: sim.ports });
  const done = { outputs: { out: output<number>() }, source: () => 'done' as const };
  const out = graph.channel<number>('out', { capacity: 1 });
  graph.actor('generator', defineActor({ ...done, state: () => ({ generated }) }), { out });
  graph.actor('logger', defineActor({ ...done, state: () => ({ total }) }), { out });
  await sim.runUntil(graph.run());
  return graph;
}

function ledgerOf(...counted: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const value of counted) ledger.noteCounted(value);
  return ledger;
}

test('finds nothing wrong with each value counted once', async () => {
  expect(ledgerOf(0, 1, 2).verify(await stoppedGraph(3, 3))).toMatchObject({ lost: 0, doubled: 0 });
});

test('finds a value that was lost, in the middle and at the end', async () => {
  expect(ledgerOf(0, 2).verify(await stoppedGraph(4, 2))).toMatchObject({ lost: 2, doubled: 0 });
});

test('finds a value that was counted twice, and one that was never generated', async () => {
  expect(ledgerOf(0, 1, 1, 2, 7).verify(await stoppedGraph(3, 5))).toMatchObject({ lost: 0, doubled: 2 });
});

test('does not set a lost value off against a doubled one', async () => {
  expect(ledgerOf(0, 1, 1).verify(await stoppedGraph(3, 3))).toMatchObject({ lost: 1, doubled: 1 });
});

test('finds a logger whose figure disagrees with what it said', async () => {
  expect(ledgerOf(0, 1).verify(await stoppedGraph(2, 1))).toMatchObject({ lost: 1, doubled: 0 });
  expect(ledgerOf(0, 1).verify(await stoppedGraph(2, 3))).toMatchObject({ lost: 0, doubled: 1 });
});
