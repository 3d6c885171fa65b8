import { type Profiler, Session } from 'node:inspector';
import { table } from './table.ts';

const SAMPLED_EVERY_US = 200;
const ROWS = 20;

/** Does `work` under V8's CPU profiler, and gives the profile beside what `work` resolved with. */
export async function profiled<T>(work: () => Promise<T>): Promise<{ result: T; profile: Profiler.Profile }> {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: SAMPLED_EVERY_US });
  session.post('Profiler.start');
  const result = await work();
  const profile = await new Promise<Profiler.Profile>((resolve, reject) => {
    session.post('Profiler.stop', (error, stopped) => (error === null ? resolve(stopped.profile) : reject(error)));
  });
  session.disconnect();
  return { result, profile };
}

/** Where the time went, as a Markdown table: the functions with the most time of their own, callees not included. */
export function renderSelfTimes(profile: Profiler.Profile, directory: string): string {
  const times = selfTimes(profile);
  const totalUs = times.reduce((sum, { us }) => sum + us, 0);
  const rows = times.slice(0, ROWS).map(({ name, place, us }) => {
    return [name, shortPlace(place, directory), `${((100 * us) / totalUs).toFixed(1)}%`, (us / 1_000).toFixed(1)];
  });
  return table(['Function', 'Where', 'Self time', 'ms'], rows, 2).join('\n');
}

interface SelfTime {
  readonly name: string;
  /** `url:line` of the function; empty for what is not JavaScript, such as the garbage collector. */
  readonly place: string;
  readonly us: number;
}

/** The time that each function spent itself, the longest first. */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly SelfTime[] {
  const usByNode = new Map<number, number>();
  samples.forEach((id, index) => usByNode.set(id, (usByNode.get(id) ?? 0) + (timeDeltas[index] ?? 0)));

  // A function has a node for each way in which it was called.
  const byFunction = new Map<string, SelfTime>();
  for (const { id, callFrame } of nodes) {
    const { url, lineNumber, functionName } = callFrame;
    const name = functionName === '' ? '(anonymous)' : functionName;
    const place = url === '' ? '' : `${url}:${lineNumber + 1}`;
    const key = `${name} ${place}`;
    byFunction.set(key, { name, place, us: (byFunction.get(key)?.us ?? 0) + (usByNode.get(id) ?? 0) });
  }
  return [...byFunction.values()].filter(({ us }) => us > 0).sort((a, b) => b.us - a.us);
}

function shortPlace(place: string, directory: string): string {
  return place.split(`${directory}/`).at(-1) ?? place;
}
