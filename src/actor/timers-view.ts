import { checkKnownKeys, checkName, checkNumber, invalidOption } from '../base/options.ts';
import { InputEnd } from '../channel/input-end.ts';
import { checkMessage } from '../channel/message-check.ts';
import { undefinedMessage } from '../channel/output-end.ts';
import type { Actor } from './actor.ts';
import { timersOf } from './actor-timers.ts';
import { MAILBOX_PORT } from './actor-ref.ts';
import type { Fence } from './fence.ts';

interface SetOptions {
  readonly input?: string;
}

/** The timers of an actor as one context sees them. */
export class TimersView {
  readonly #fence: Fence;
  readonly #actor: Actor;

  constructor(fence: Fence, actor: Actor) {
    this.#fence = fence;
    this.#actor = actor;
  }

  once(name: string, delayMs: number, message: unknown, options: SetOptions = {}): void {
    this.#fence.check('timer.set');
    this.#orPoison(() => {
      checkNumber('timers.once: delayMs', delayMs, 0);
      this.#set(checkName('timers.once: name', name), { delayMs, periodMs: undefined }, message, options);
    });
  }

  every(name: string, periodMs: number, message: unknown, options: SetOptions = {}): void {
    this.#fence.check('timer.set');
    this.#orPoison(() => {
      checkNumber('timers.every: periodMs', periodMs, 1);
      this.#set(checkName('timers.every: name', name), { delayMs: periodMs, periodMs }, message, options);
    });
  }

  cancel(name: string): void {
    this.#fence.check('timer.cancel');
    this.#orPoison(() => checkName('timers.cancel: name', name));
    timersOf(this.#actor).cancel(this.#actor.turn, name);
  }

  has(name: string): boolean {
    this.#fence.check('timer.has');
    const { recorder } = this.#actor.runtime;
    const has = this.#actor.timers?.has(name) === true;
    return recorder === null ? has : recorder.reading(this.#actor, 'hasTimer', Number(has)) === 1;
  }

  #set(
    name: string,
    times: { readonly delayMs: number; readonly periodMs: number | undefined },
    message: unknown,
    options: SetOptions,
  ): void {
    checkKnownKeys(`timer "${name}"`, options, ['input']);
    const { turn, runtime } = this.#actor;
    const end = this.#inputFor(name, options.input ?? MAILBOX_PORT);
    const { ring, port: input } = end;
    if (message === undefined) throw undefinedMessage(ring.name);
    // A channel that is wired has what its schema made of messages, and so has whoever reads it: that must not happen twice.
    const check = end.checksOwn ? checkMessage(ring, message) : ({ kind: 'valid', message } as const);
    const sent = check.kind === 'valid' ? check.message : message;
    const frozen = runtime.freezer === null ? sent : runtime.freezer.freeze(sent);
    if (check.kind === 'valid') timersOf(this.#actor).set(turn, { name, input, ring, message: frozen, ...times });
    else turn.stageMisfit(ring, frozen, check, undefined);
  }

  #inputFor(timer: string, input: string): InputEnd {
    const end = this.#actor.inputPorts.find(({ name }) => name === input);
    if (end instanceof InputEnd) return end;
    const rule = `an input of actor "${this.#actor.name}" that is no bundle`;
    throw invalidOption(`timer "${timer}": input`, rule, input);
  }

  /** A turn that caught this must not commit. */
  #orPoison(code: () => void): void {
    try {
      code();
    } catch (error) {
      const { turn } = this.#actor;
      turn.poisoned(error instanceof Error ? error : new Error('the message could not be read', { cause: error }));
      throw error;
    }
  }
}
