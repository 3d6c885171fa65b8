/** Finds the crash points of a run, and crashes there. */
import { isHoldfastError } from 'holdfast';
import { SeededRandom } from 'holdfast/testing';
import { type AnyPoint, LessonRun, type Setting } from './lessons.ts';
import { Injected } from './support.ts';

/** All points, so that one that is added in the library is missed here at once. `throw`: user code may fail there. */
export const POINTS: Readonly<Record<AnyPoint, 'throw' | 'kill'>> = {
  'user code': 'throw',
  begin: 'throw',
  peek: 'throw',
  take: 'throw',
  reject: 'throw',
  send: 'throw',
  close: 'throw',
  next: 'throw',
  pause: 'throw',
  commit: 'throw',
  tryNext: 'throw',
  running: 'throw',
  effect: 'throw',
  exit: 'throw',
  requestShutdown: 'throw',
  'table.get': 'throw',
  'table.has': 'throw',
  'table.set': 'throw',
  'table.delete': 'throw',
  'table.clear': 'throw',
  'table.size': 'throw',
  'table.iterate': 'throw',
  'commit:decided': 'throw',
  'commit:waitForRoom': 'throw',
  'commit:beforeState': 'throw',
  // From here on nothing may fail any more: the actor can only be killed, which comes when its slice has ended.
  'commit:roomFound': 'kill',
  'commit:afterState': 'kill',
  'commit:betweenPublications': 'kill',
  'commit:published': 'kill',
  'deadLetter:waitForRoom': 'kill',
  'deadLetter:append': 'kill',
  restart: 'kill',
};

export type Way = 'throw' | 'kill';
export type Fill = 'empty' | 'part' | 'full';
export type Place = 'first' | 'middle' | 'last';

/** One moment of a run: the `occurrence`-th time (from 1) that `actor` comes to `point`. */
export interface CrashTarget {
  readonly actor: string;
  readonly point: AnyPoint;
  readonly occurrence: number;
  /** Why it was chosen: as the first, a middle or the last time that a channel next to the actor was so full. */
  readonly classes: ReadonlySet<`${Fill} ${Place}`>;
}

interface Visit {
  readonly actor: string;
  readonly point: AnyPoint;
  readonly occurrence: number;
}

/** Counts how often each actor comes to each point. */
class Counter {
  readonly #counts = new Map<string, number>();

  count(point: AnyPoint, actor: string): number {
    const key = `${actor} ${point}`;
    const occurrence = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, occurrence);
    return occurrence;
  }
}

/** Runs a lesson undisturbed. @returns all moments at which it can crash. */
async function record(setting: Setting): Promise<{ visits: Visit[]; byClass: Map<string, Visit[]> }> {
  const counter = new Counter();
  const visits: Visit[] = [];
  const byClass = new Map<string, Visit[]>();
  const run: LessonRun = new LessonRun(setting, (point, actor) => {
    const visit = { actor, point, occurrence: counter.count(point, actor) };
    visits.push(visit);
    for (const [channel, fill] of run.fills(actor)) {
      const key = `${actor}|${point}|${channel}|${fill}`;
      byClass.set(key, [...(byClass.get(key) ?? []), visit]);
    }
  });
  const problems = await run.run();
  if (problems.length > 0) throw new Error(`without any crash: ${problems.join('\n')}`);
  return { visits, byClass };
}

/** The crash targets of a lesson: for each actor, point, channel and fill the first, a middle and the last moment. */
export async function targetsOf(setting: Setting): Promise<CrashTarget[]> {
  const { byClass } = await record(setting);
  const targets = new Map<string, CrashTarget & { readonly classes: Set<`${Fill} ${Place}`> }>();
  for (const [key, visits] of byClass) {
    const fill = key.slice(key.lastIndexOf('|') + 1) as Fill;
    const places: readonly (readonly [Place, number])[] = [
      ['first', 0],
      ['middle', visits.length >> 1],
      ['last', visits.length - 1],
    ];
    for (const [place, index] of places) {
      const visit = visits[index] as Visit;
      const id = `${visit.actor} ${visit.point} ${visit.occurrence}`;
      const target = targets.get(id) ?? { ...visit, classes: new Set() };
      target.classes.add(`${fill} ${place}`);
      targets.set(id, target);
    }
  }
  return [...targets.values()];
}

/** Runs a lesson and crashes it at one moment. @returns what is wrong with the outcome. */
export async function crashAt(setting: Setting, target: CrashTarget, way: Way): Promise<string[]> {
  const counter = new Counter();
  let fired = false;
  const run: LessonRun = new LessonRun(setting, (point, actor) => {
    const occurrence = counter.count(point, actor);
    if (fired || actor !== target.actor || point !== target.point || occurrence !== target.occurrence) return;
    fired = true;
    crash(run, actor, way);
  });
  let kills = 0;
  run.graph.subscribe((event) => {
    if (event.kind === 'failed' && event.exit.kind === 'killed') kills += 1;
  });
  const problems = await run.run();
  if (!fired) problems.push('it did not fire');
  // Elsewhere an actor may end, or fail by itself, before the kill comes to it; a commit that waits cannot escape it.
  if (target.point === 'commit:waitForRoom' && way === 'kill' && kills === 0) problems.push('the kill was lost');
  return problems;
}

function crash(run: LessonRun, actor: string, way: Way): void {
  if (way === 'throw') throw new Injected(`in ${actor}`);
  run.handles.get(actor)?.kill('by the attack');
}

/** Runs a lesson with several crashes at random moments. @returns what is wrong, and how many crashes there were. */
export async function crashAtRandom(
  setting: Setting,
  seed: number,
  visits: number,
): Promise<{ problems: string[]; crashes: number }> {
  const random = new SeededRandom(seed);
  const moments = new Set(Array.from({ length: 2 + random.integer(5) }, () => random.integer(visits)));
  let visit = 0;
  let crashes = 0;
  const run: LessonRun = new LessonRun(setting, (point, actor) => {
    visit += 1;
    if (!moments.has(visit)) return;
    crashes += 1;
    const actors = [...run.handles.keys()];
    const other = actors[random.integer(actors.length)] as string;
    switch (random.integer(3)) {
      case 0:
        return crash(run, other, 'kill');
      case 1:
        return crash(run, actor, 'kill');
      default:
        return crash(run, actor, POINTS[point]);
    }
  });
  return { problems: await run.run(), crashes };
}

/** Points at which it is certain whose code is running: that of the actor. */
function isOwnCode(point: AnyPoint): boolean {
  return POINTS[point] === 'throw' && point !== 'begin' && !point.includes(':');
}

/** Runs a lesson as the main job of its process, in which errors of its actors go astray at random moments. */
export async function strayAtRandom(
  setting: Setting,
  seed: number,
  visits: number,
): Promise<{ problems: string[]; strays: number }> {
  const random = new SeededRandom(seed);
  const moments = new Set(Array.from({ length: 2 + random.integer(5) }, () => random.integer(visits)));
  let visit = 0;
  let due = 0;
  const caused: string[] = [];
  const told: (string | undefined)[] = [];
  const run: LessonRun = new LessonRun(setting, (point, actor) => {
    visit += 1;
    if (moments.has(visit)) due += 1;
    if (due === 0 || !isOwnCode(point)) return;
    due -= 1;
    caused.push(actor);
    run.sim.host.strayError(new Injected(`astray in ${actor}`));
  });
  run.graph.subscribe((event) => {
    if (event.kind === 'stray') told.push(event.actor);
  });
  const problems = await run.run(() => void run.graph.run().catch(() => undefined));
  if (JSON.stringify(told) !== JSON.stringify(caused))
    problems.push(`strays of ${caused.join()}, told of ${told.join()}`);
  if (run.sim.host.exitStatus !== undefined) problems.push(`exit status ${run.sim.host.exitStatus}`);
  if (run.sim.host.listeners > 0) problems.push(`${run.sim.host.listeners} listeners are left`);
  return { problems, strays: caused.length };
}

export async function visitsOf(setting: Setting): Promise<number> {
  return (await record(setting)).visits.length;
}

/** Whether an error is one that the attack has thrown; for reports. */
export function isInjected(error: unknown): boolean {
  return error instanceof Injected || (isHoldfastError(error) && error.cause instanceof Injected);
}
