/** A queue whose two ends cost the same, and that keeps the greatest length it ever had. */
export class Fifo<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item;
    this.#size += 1;
  }

  /** The one `index` places behind the first; the caller has checked that there is one. */
  at(index: number): T {
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)] as T;
  }

  /** The caller has checked that there is one. */
  shift(): T {
    const item = this.#slots[this.#head] as T;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size -= 1;
    return item;
  }

  /** Takes out the one `index` places behind the first; the caller has checked that there is one. */
  removeAt(index: number): T {
    const mask = this.#slots.length - 1;
    const item = this.at(index);
    for (let place = index; place > 0; place -= 1) {
      this.#slots[(this.#head + place) & mask] = this.#slots[(this.#head + place - 1) & mask];
    }
    this.shift();
    return item;
  }

  #grow(): void {
    const length = this.#slots.length;
    const slots = new Array<T | undefined>(length * 2).fill(undefined);
    for (let index = 0; index < this.#size; index += 1) slots[index] = this.#slots[(this.#head + index) & (length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
