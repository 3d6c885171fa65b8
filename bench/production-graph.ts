import { type ActorDefinition, Graph, type GraphOptions, type InputSpec, type OutputSpec } from '../src/index.ts';
import { CAPACITY } from './throughput.ts';

/** A graph as it runs in production: messages are not frozen, everything is counted. Nothing is logged. */
export function productionGraph(options: Omit<GraphOptions, 'name' | 'checks' | 'logLevel'> = {}): Graph {
  return new Graph({ ...options, name: 'bench', checks: false, logLevel: 'silent' });
}

// Aliases, not interfaces: those have no index signature, which the specs of a definition's ports need.
type Numbers<Spec> = { readonly numbers: Spec };
type Raised<Spec> = { readonly raised: Spec };
type NoPorts = Record<never, never>;

/** The pipeline of three that the message lanes measure, whatever the style of its actors. */
export function productionPipeline<S1 extends object, S2 extends object, S3 extends object>(
  source: ActorDefinition<NoPorts, Numbers<OutputSpec<number>>, S1, undefined>,
  middle: ActorDefinition<Numbers<InputSpec<number>>, Raised<OutputSpec<number>>, S2, undefined>,
  sink: ActorDefinition<Raised<InputSpec<number>>, NoPorts, S3, undefined>,
  capacity: number = CAPACITY,
): Graph {
  const graph = productionGraph();
  const numbers = graph.channel<number>('numbers', { capacity });
  const raised = graph.channel<number>('raised', { capacity });
  graph.actor('source', source, { numbers });
  graph.actor('middle', middle, { numbers, raised });
  graph.actor('sink', sink, { raised });
  return graph;
}

/** Starts a graph whose source comes to an end, and resolves when the graph has stopped; rejects if that was not clean. */
export async function runToEnd(graph: Graph): Promise<void> {
  graph.start();
  await graph.stopped();
}
