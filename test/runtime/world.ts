import { type ChannelGiving, Graph, type GraphEvent, type GraphOptions, HoldfastError } from 'holdfast';
import { Simulation, type SimulationOptions } from 'holdfast/testing';

/** A graph in a world of its own, with everything that happened in it. */
export interface World {
  readonly sim: Simulation;
  readonly graph: Graph;
  readonly events: GraphEvent[];
}

export function world(options: Omit<GraphOptions, 'name' | 'ports'> = {}, simulation: SimulationOptions = {}): World {
  const sim = new Simulation(simulation);
  const graph = new Graph({ name: 'test', ports: sim.ports, ...options });
  const events: GraphEvent[] = [];
  graph.subscribe((event) => events.push(event));
  return { sim, graph, events };
}

/** Adds a sink that keeps what arrives. */
export function collect<T>(graph: Graph, channel: ChannelGiving<T>): T[] {
  const arrived: T[] = [];
  graph.sink(`collector of ${channel.name}`, channel, (message) => void arrived.push(message));
  return arrived;
}

/** How a promise stands, seen after everything has settled. */
export interface Outcome<T> {
  state: 'pending' | 'resolved' | 'rejected';
  value?: T;
  error?: unknown;
  code?: string;
}

export function watch<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = { state: 'pending' };
  promise.then(
    (value) => Object.assign(outcome, { state: 'resolved', value }),
    (error: unknown) => {
      Object.assign(outcome, { state: 'rejected', error });
      if (error instanceof HoldfastError) outcome.code = error.code;
    },
  );
  return outcome;
}

/** Asks for a shutdown, runs virtual time until the graph has stopped, and checks that nothing is left. */
export async function stopCleanly({ sim, graph }: World): Promise<void> {
  graph.requestShutdown();
  await sim.runUntil(graph.stopped());
  graph.checkConservation();
}

/** The counters of one channel and one actor. */
export function channelOf(graph: Graph, name: string): ReturnType<Graph['snapshot']>['channels'][number] {
  const found = graph.snapshot().channels.find((channel) => channel.name === name);
  if (found === undefined) throw new Error(`no channel ${name}`);
  return found;
}

export function actorOf(graph: Graph, name: string): ReturnType<Graph['snapshot']>['actors'][number] {
  const found = graph.snapshot().actors.find((actor) => actor.name === name);
  if (found === undefined) throw new Error(`no actor ${name}`);
  return found;
}
