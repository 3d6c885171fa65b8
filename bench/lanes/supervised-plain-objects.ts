import { CRASH_EVERY, type Family } from '../supervised-children.ts';

/** What each of the other lanes waits for as well. */
const NOTHING = Promise.resolve();

interface Plain {
  readonly id: string;
  restarts: number;
  handled: number;
}

/** What is left when nobody sends: objects in a map, a call that throws, and a call after it. */
export function make(): Family {
  const children = new Map<string, Plain>();
  const handle = (child: Plain, message: number): void => {
    if (message < 0) throw new Error('crash');
    child.handled += message;
  };
  return {
    async start(count) {
      for (let index = 0; index < count; index += 1) {
        const id = String(index);
        children.set(id, { id, restarts: 0, handled: 0 });
        await NOTHING;
      }
    },
    async crash() {
      let index = 0;
      for (const child of children.values()) {
        index += 1;
        if ((index - 1) % CRASH_EVERY !== 0) continue;
        try {
          handle(child, -1);
        } catch {
          child.restarts += 1;
        }
        handle(child, 1);
        await NOTHING;
      }
    },
    stop: () => Promise.resolve(children.clear()),
    running: () => children.size,
  };
}
