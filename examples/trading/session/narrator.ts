import type { Graph, GraphEvent } from 'holdfast';

type Say = (line: string) => void;

/** Actors by the last part of their names, as people call them. */
const titles: Readonly<Record<string, string>> = {
  market: 'Market data feed',
  book: 'Order book',
  risk: 'Risk manager',
  executor: 'Order executor',
};

/** Tells what the supervisor sees and does. It only listens: what is done about a failure stands in the tree. */
export function narrate(graph: Graph, say: Say): void {
  graph.subscribe((event) => {
    for (const line of linesOf(event)) say(`[Supervisor] ${line}`);
  });
}

function linesOf(event: GraphEvent): readonly string[] {
  if (event.kind === 'failed') {
    const { exit } = event;
    return [`Actor failed: ${exit.kind === 'crashed' ? textOf(exit.error) : exit.kind}`];
  }
  if (event.kind === 'restarting') return [`${titleOf(event.actor)} failed, restarting...`];
  if (event.kind === 'actorStarted' && event.regeneration > 0) {
    const title = titleOf(event.actor);
    return [`${title} restarted${event.actor.endsWith('/risk') ? ' with clean state' : ''}`];
  }
  if (event.kind === 'gaveUp') return [`Gave up: ${textOf(event.error)}`];
  return [];
}

function titleOf(actor: string): string {
  return titles[actor.split('/').at(-1) ?? ''] ?? actor;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
