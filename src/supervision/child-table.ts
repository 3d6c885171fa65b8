import { Child, type NewChild } from './child.ts';

/** Which children restart when one of them ends. As in Erlang/OTP. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne';

/** As in Erlang/OTP: `specs` are those that are kept, or 1 for the template of a dynamic supervisor; `active` are those that run. */
export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
}

/** The children of one supervisor in start order: one that is removed and added again is the last. */
export class ChildTable<T> {
  readonly #strategy: Strategy;
  readonly #children = new Map<string, Child<T>>();

  constructor(strategy: Strategy, children: readonly NewChild<T>[]) {
    this.#strategy = strategy;
    for (const child of children) this.add(child);
  }

  get size(): number {
    return this.#children.size;
  }

  get(id: string): Child<T> | undefined {
    return this.#children.get(id);
  }

  /** The caller has checked that there is none with this id. */
  add(newChild: NewChild<T>): Child<T> {
    const child = new Child(newChild);
    this.#children.set(child.id, child);
    return child;
  }

  /** @returns whether it was there. */
  remove(child: Child<T>): boolean {
    return this.#children.get(child.id) === child && this.#children.delete(child.id);
  }

  all(): readonly Child<T>[] {
    return [...this.#children.values()];
  }

  /** Those that restart with it, itself included. */
  groupOf(child: Child<T>): readonly Child<T>[] {
    switch (this.#strategy) {
      case 'oneForOne':
        return [child];
      case 'oneForAll':
        return this.all();
      case 'restForOne': {
        const children = this.all();
        return children.slice(children.indexOf(child));
      }
    }
  }

  hasActiveSignificant(): boolean {
    for (const { spec, status } of this.#children.values()) {
      if (spec.significant && status !== 'stopped') return true;
    }
    return false;
  }

  /** How many run. */
  get active(): number {
    let active = 0;
    for (const { status } of this.#children.values()) if (status === 'running') active += 1;
    return active;
  }
}
