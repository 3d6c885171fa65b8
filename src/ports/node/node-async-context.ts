import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { AsyncContext, AsyncFrame } from '../async-context.ts';

/** One for the process, as the port asks for. It costs nothing until somebody runs or enters. */
const storage = new AsyncLocalStorage<object | undefined>();

/**
 * Where contexts are frames of the engine (Node 24, and Node 22 by option), following them is free for those who only
 * await. Where they are made of async hooks (Node 20 and 22, and Node 24 by option), the first use slows down every await
 * of the process to about a half. No function tells them apart, but only the latter keep their store on the resource.
 */
const ON_FRAMES = !Object.hasOwn(storage, 'kResourceStore');

/** Node's asynchronous contexts. */
export class NodeAsyncContext implements AsyncContext {
  readonly isCheap: boolean;

  /** @param isCheap - Whether a graph follows by default. Default: where it costs next to nothing. */
  constructor(isCheap: boolean = ON_FRAMES) {
    this.isCheap = isCheap;
  }

  frame(owner: object | undefined): AsyncFrame {
    return storage.run(owner, () => new NodeAsyncFrame());
  }

  run<R>(owner: object, code: () => R): R {
    return storage.run(owner, code);
  }

  enter(owner: object): void {
    storage.enterWith(owner);
  }

  owner(): object | undefined {
    return storage.getStore();
  }
}

/** The context in which it is made. On Node 24 `storage.run` makes a new frame each time (250 ns); this is there (25 ns). */
class NodeAsyncFrame implements AsyncFrame {
  readonly #resource = new AsyncResource('HOLDFAST', { requireManualDestroy: true });

  run<R>(code: () => R): R {
    return this.#resource.runInAsyncScope(code);
  }
}
