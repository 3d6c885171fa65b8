import { bufferCount, lastValueFrom, map, range, reduce } from 'rxjs';
import { addUp, BATCH, raised } from '../batch-turns.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/** Each batch is handed on by a call, all the way to the end, before the next one is gathered: no stage could wait. */
export function run(messages: number): Promise<Pass> {
  return timed(() =>
    lastValueFrom(
      range(0, messages).pipe(
        map((index) => messageAt(index)),
        bufferCount(BATCH),
        map((batch) => raised(batch)),
        reduce(
          (totals, batch) => {
            addUp(totals, batch);
            return totals;
          },
          { count: 0, sum: 0 },
        ),
      ),
    ),
  );
}
