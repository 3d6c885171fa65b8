import type { Condition } from '../channel/condition.ts';
import type { WaitResult } from './context.ts';

/** A wait of a loop that is under way. */
export interface Wait {
  readonly condition: Condition;
  /** A turn has ended before it, and another one begins after it. */
  readonly commits: boolean;
  readonly promise: Promise<WaitResult>;
  readonly resolve: (result: WaitResult) => void;
  readonly reject: (error: Error) => void;
}

export function beginWait(condition: Condition, commits: boolean): Wait {
  let resolve!: Wait['resolve'];
  let reject!: Wait['reject'];
  const promise = new Promise<WaitResult>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  return { condition, commits, promise, resolve, reject };
}

/** A wait that nobody awaits must not end the process when it is abandoned. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
