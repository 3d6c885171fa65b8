import { asapScheduler, lastValueFrom, map, observeOn, range, reduce, Subject } from 'rxjs';
import { creditFor } from '../credits.ts';
import { CAPACITY, messageAt, type Pass, timed } from '../throughput.ts';

const CREDIT = creditFor(CAPACITY);

/**
 * Range, map and reduce, as one would write it. Each message is handed on by a call, all the way to the end, before the next
 * one is made: there is no queue that could fill, and no stage that could wait.
 */
export function runCalls(messages: number): Promise<Pass> {
  return timed(() =>
    lastValueFrom(
      range(0, messages).pipe(
        map((index) => messageAt(index)),
        map((message) => message + 1),
        reduce((totals, message) => ({ count: totals.count + 1, sum: totals.sum + message }), { count: 0, sum: 0 }),
      ),
    ),
  );
}

/**
 * Three stages that take turns: each hands its messages to the scheduler, whose queues have no bound. So the sink grants the
 * source what it may send, which the library has no means for.
 */
export function runScheduled(messages: number): Promise<Pass> {
  return timed(async () => {
    const grants = new Subject<number>();
    const first = new Subject<number>();
    const second = new Subject<number>();
    let sent = 0;
    let count = 0;
    let sum = 0;

    await new Promise<void>((resolve) => {
      second.pipe(observeOn(asapScheduler)).subscribe((message) => {
        sum += message;
        count += 1;
        if (count % CREDIT.grant === 0) grants.next(CREDIT.grant);
        if (count === messages) resolve();
      });
      first.pipe(observeOn(asapScheduler)).subscribe((message) => second.next(message + 1));
      grants.pipe(observeOn(asapScheduler)).subscribe((granted) => {
        for (let left = granted; left > 0 && sent < messages; left -= 1) {
          first.next(messageAt(sent));
          sent += 1;
        }
      });
      grants.next(CREDIT.initial);
    });
    return { count, sum };
  });
}
