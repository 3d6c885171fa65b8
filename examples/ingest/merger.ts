import { defineActor, inputBundle, output } from 'holdfast';
import { compareCodePoints, type KeyedAggregate, resultLine } from './aggregate.ts';

/** A chunk of aggregates at the head of a lane, in the order of their keys, of which the first `merged` are in the result. */
interface Head {
  readonly lane: number;
  readonly chunk: readonly KeyedAggregate[];
  merged: number;
}

/**
 * Makes one sorted result of the aggregates of all lanes, which are sorted each for itself: its lines, in chunks.
 *
 * A turn goes on until one chunk is used up, for what comes behind it may not be there yet. Of the other chunks a part is
 * used then; the state says how much of each.
 */
export function merger(lanes: number) {
  return defineActor({
    inputs: { aggregates: inputBundle<readonly KeyedAggregate[]>() },
    outputs: { result: output<string>() },
    state: () => ({ merged: new Array<number>(lanes).fill(0), linesSent: 0, recordsSent: 0 }),

    async run({ inputs: { aggregates }, outputs: { result }, state, running, next, all }) {
      while (running()) {
        // The next line may come from any lane: only those that have ended are not waited for.
        await next(all(...[...aggregates].map((lane) => lane.avail())));
        const heads: Head[] = [];
        for (let lane = 0; lane < lanes; lane += 1) {
          const chunk = aggregates.lane(lane).peek();
          if (chunk !== undefined) heads.push({ lane, chunk, merged: state.merged[lane] ?? 0 });
        }
        if (heads.length === 0) continue;

        const { lines, usedUp } = merge(heads);
        for (const { lane, merged } of heads) state.merged[lane] = merged;
        aggregates.lane(usedUp).take();
        state.merged[usedUp] = 0;
        result.send(`${lines.join('\n')}\n`);
        state.linesSent += lines.length;
        // Read back from the lines: it is the text that must tell of each record once.
        for (const line of lines) state.recordsSent += (JSON.parse(line) as { readonly count: number }).count;
      }
    },
  });
}

/** Takes from the heads, the least key first, until one of them is used up. */
function merge(heads: readonly Head[]): { readonly lines: readonly string[]; readonly usedUp: number } {
  const lines: string[] = [];
  for (;;) {
    const least = heads.reduce((before, head) => (compareCodePoints(keyOf(head), keyOf(before)) < 0 ? head : before));
    lines.push(resultLine(least.chunk[least.merged]!)); // no head is used up, and chunks are not empty
    least.merged += 1;
    if (least.merged === least.chunk.length) return { lines, usedUp: least.lane };
  }
}

function keyOf({ chunk, merged }: Head): string {
  return chunk[merged]!.key;
}
