import { Graph, type GraphOptions } from '../src/index.ts';

/** A graph as it runs in production: messages are not frozen, everything is counted. Nothing is logged. */
export function productionGraph(options: Omit<GraphOptions, 'name' | 'checks' | 'logLevel'> = {}): Graph {
  return new Graph({ ...options, name: 'bench', checks: false, logLevel: 'silent' });
}

/** Starts a graph whose source comes to an end, and resolves when the graph has stopped; rejects if that was not clean. */
export async function runToEnd(graph: Graph): Promise<void> {
  graph.start();
  await graph.stopped();
}
