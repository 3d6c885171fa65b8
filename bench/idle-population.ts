import type { Effort, Figures } from './scenario.ts';

/** The metrics of the scenario of idle actors. */
export const BYTES_EACH = 'bytes each';
export const CREATED = 'k created/s';

const ACTORS = 1_000_000;
const WARM_UP_ACTORS = 20_000;
const WARM_UP_PASSES = 5;
// An actor that handles a message allocates its ring, so only some of them prove that they are alive.
const ASKED_EVERY = 1_000;

/** How a lane makes idle actors and shows that they are more than empty objects. */
export interface IdlePopulation<Actor> {
  /** Creates `into.length` actors and stores each at its index. Everything an actor needs to exist is made here. */
  readonly create: (into: (Actor | undefined)[]) => void | Promise<void>;
  /** Has one actor handle `message` and gives `index + message` back, from what the actor itself holds. */
  readonly ask: (actor: Actor, message: number) => number | Promise<number>;
  /** Ends the actors of the warm-up, if leaving them to the garbage collector is not enough. */
  readonly end?: (actors: readonly (Actor | undefined)[]) => void | Promise<void>;
}

/** Creates many idle actors and weighs them by the growth of the heap, the reference that holds each one not included. */
export async function measureIdle<Actor>(population: IdlePopulation<Actor>, effort: Effort): Promise<Figures> {
  for (let pass = 0; pass < WARM_UP_PASSES; pass += 1) {
    const warm = new Array<Actor | undefined>(WARM_UP_ACTORS).fill(undefined);
    await population.create(warm);
    await population.end?.(warm);
  }

  const count = Math.ceil(ACTORS * effort.scale);
  const actors = new Array<Actor | undefined>(count).fill(undefined);
  const bytesBefore = bytesInUse();
  const startMs = performance.now();
  await population.create(actors);
  const ms = performance.now() - startMs;
  const bytes = bytesInUse() - bytesBefore;

  await checkAlive(population, actors);
  return { [BYTES_EACH]: bytes / count, [CREATED]: count / ms };
}

async function checkAlive<Actor>(
  population: IdlePopulation<Actor>,
  actors: readonly (Actor | undefined)[],
): Promise<void> {
  for (const [index, actor] of actors.entries()) {
    if (actor === undefined) throw new Error(`actor ${index} of ${actors.length} was not created`);
    if (index % ASKED_EVERY !== 0) continue;
    const answer = await population.ask(actor, 7);
    if (answer !== index + 7) throw new Error(`actor ${index} answered ${answer}, not ${index + 7}`);
  }
}

function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('the heap can only be weighed with --expose-gc');
  // The second collection frees what finalizers and weak references kept through the first.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
