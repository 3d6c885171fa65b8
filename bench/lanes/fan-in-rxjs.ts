import { asapScheduler, lastValueFrom, merge, Observable, scan } from 'rxjs';
import { PRODUCERS } from '../fan-in.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

/**
 * Observables that emit one message each time the scheduler calls them, merged into one. There is no queue between them and
 * the consumer, which is called with each message: nothing could fill.
 */
export function run(messages: number): Promise<Pass> {
  return timed(async () => {
    let sent = 0;
    const producer = new Observable<number>((subscriber) =>
      asapScheduler.schedule(function () {
        if (sent === messages) return subscriber.complete();
        sent += 1;
        subscriber.next(messageAt(sent - 1));
        this.schedule();
      }),
    );

    const merged = merge(...Array.from({ length: PRODUCERS }, () => producer));
    const totals = { count: 0, sum: 0 };
    return lastValueFrom(
      merged.pipe(
        scan((into, message) => {
          into.sum += message;
          into.count += 1;
          return into;
        }, totals),
      ),
    );
  });
}
