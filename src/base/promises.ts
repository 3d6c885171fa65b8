/**
 * For what a function of the user's has answered where nothing can be waited for. The answer is refused; if it is a promise
 * that rejects, nobody else is to hear of it: an error that nothing catches would stop the graph.
 */
export function disown(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => undefined);
}

/** Whether it is a promise, of this library or of another. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  );
}
