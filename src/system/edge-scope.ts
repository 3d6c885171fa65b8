import type { Runtime } from '../actor/runtime.ts';
import type { AsyncFrame } from '../ports/async-context.ts';

/** Code that a feed or a sink calls: its source, its function, its stream. */
export class EdgeScope {
  readonly kind: 'feed' | 'sink';
  readonly name: string;
  readonly runtime: Runtime;
  readonly #frame: AsyncFrame | null;

  constructor(runtime: Runtime, kind: 'feed' | 'sink', name: string) {
    this.runtime = runtime;
    this.kind = kind;
    this.name = name;
    this.#frame = runtime.tracking?.frame(this) ?? null;
  }

  run<R>(code: () => R): R {
    return this.#frame === null ? code() : this.#frame.run(code);
  }
}
