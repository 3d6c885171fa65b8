import type { Graph, GraphEvent } from 'holdfast';

type Say = (line: string) => void;

/** Actors by the last part of their names, as people call them. */
const titles: Readonly<Record<string, string>> = {
  market: 'Market data feed',
  book: 'Order book',
  risk: 'Risk manager',
  executor: 'Order executor',
};

const breakers = {
  open: 'open: it is left alone',
  halfOpen: 'half open: one attempt',
  closed: 'closed again',
} as const;

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
  if (event.kind === 'fallback')
    return [`${titleOf(event.actor)}: ${event.isOn ? 'the backup takes over' : 'itself again'}`];
  if (event.kind === 'breaker')
    return [`Circuit breaker of the ${titleOf(event.actor).toLowerCase()} is ${breakers[event.state]}`];
  if (event.kind === 'limitLowered') return [`Position limit lowered to ${event.value}`];
  if (event.kind === 'gaveUp') return [`Gave up: ${textOf(event.error)}`];
  return [];
}

function titleOf(actor: string): string {
  return titles[actor.split('/').at(-1) ?? ''] ?? actor;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
