/**
 * For what a function of the user's has answered where nothing can be waited for. The answer is refused; if it is a promise
 * that rejects, nobody else is to hear of it: an error that nothing catches would stop the graph.
 */
export function disown(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => undefined);
}
