/**
 * Says whose code is running, along everything that it sets off: promises, timers, callbacks. The real one is Node's
 * `AsyncLocalStorage`.
 *
 * All graphs of a process share one, and each looks at what is its own: an error of one graph must not look to another as
 * if it were nobody's.
 */
export interface AsyncContext {
  /** Following costs next to nothing here, so that a graph does unless it is told otherwise. */
  readonly isCheap: boolean;
  /** A frame in which code is `owner`'s, and that is in all else as the present one is. */
  frame(owner: object | undefined): AsyncFrame;
  /** Calls `code` as code of `owner`. Costs some ten times as much as entering a frame that there is already. */
  run<R>(owner: object, code: () => R): R;
  /** Makes the rest of the present synchronous piece of code, and what that sets off, code of `owner`. Costs half of `run`. */
  enter(owner: object): void;
  /** Whose code is running; undefined if nobody has said. */
  owner(): object | undefined;
}

/** To be entered again and again. */
export interface AsyncFrame {
  /** Calls `code` in this frame. */
  run<R>(code: () => R): R;
}
