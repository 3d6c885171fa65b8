import { answerTo, IN_FLIGHT, MAILBOX_CAPACITY } from '../round-trips.ts';
import { Ring } from '../ring.ts';
import { messageAt, type Pass, timed } from '../throughput.ts';

interface Request {
  readonly id: number;
  readonly number: number;
}

const NOTHING: Request = { id: -1, number: 0 };

/**
 * What people write by hand: requests in a ring, the promises of those who wait in a map by number, and a server that handles
 * what is there in one microtask. No timeout, nobody is told of a failure, and a request too many would be lost.
 */
class Desk {
  readonly #requests = new Ring<Request>(MAILBOX_CAPACITY, NOTHING);
  readonly #waiting = new Map<number, (answer: number) => void>();
  #nextId = 0;
  #serves = false;

  ask(number: number): Promise<number> {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#requests.put({ id, number });
    if (!this.#serves) {
      this.#serves = true;
      queueMicrotask(this.#serve);
    }
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  readonly #serve = (): void => {
    this.#serves = false;
    while (!this.#requests.isEmpty) {
      const { id, number } = this.#requests.take();
      this.#waiting.get(id)?.(answerTo(number));
      this.#waiting.delete(id);
    }
  };
}

export const runOne = (messages: number): Promise<Pass> => run(messages, 1);

export const runMany = (messages: number): Promise<Pass> => run(messages, IN_FLIGHT);

function run(messages: number, callers: number): Promise<Pass> {
  return timed(async () => {
    const desk = new Desk();
    let sent = 0;
    let count = 0;
    let sum = 0;

    async function caller(): Promise<void> {
      while (sent < messages) {
        sent += 1;
        // Not `sum += await`, which reads the sum before it waits.
        const answer = await desk.ask(messageAt(sent - 1));
        sum += answer;
        count += 1;
      }
    }

    await Promise.all(Array.from({ length: callers }, caller));
    return { count, sum };
  });
}
