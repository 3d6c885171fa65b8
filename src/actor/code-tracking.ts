import type { AsyncContext, AsyncFrame } from '../ports/async-context.ts';
import type { Actor } from './actor.ts';
import { isIncarnate } from './phase.ts';
import type { Runtime } from './runtime.ts';

/**
 * Follows whose code is running: for errors that nothing caught and, where turns are followed as well, for calls that would
 * escape the roll back of a turn.
 *
 * An incarnation has one frame, which costs a slice next to nothing. To tell the code of a turn that is open from what
 * earlier turns have left behind (a listener may well use what is there for code outside), each turn that may wait needs a
 * scope of its own: that costs a third of a pipeline that passes its messages one by one, so it is a check, and no part of
 * production.
 */
export class CodeTracking {
  readonly followsTurns: boolean;
  readonly #context: AsyncContext;
  /** Nobody's code. All else is as where the graph was made, and not as with whoever has woken somebody else. */
  readonly #outside: AsyncFrame;

  constructor(context: AsyncContext, followsTurns: boolean) {
    this.#context = context;
    this.followsTurns = followsTurns;
    this.#outside = context.frame(undefined);
  }

  /** A frame for code of `owner`, to be entered again and again. */
  frame(owner: object): AsyncFrame {
    return this.#outside.run(() => this.#context.frame(owner));
  }

  runOutside<R>(code: () => R): R {
    return this.#outside.run(code);
  }

  /** Calls `code`, which an actor's turn has asked for and which is no part of the turn. */
  runBeside<R>(actor: Actor, code: () => R): R {
    return this.followsTurns ? this.runAs(actor, code) : code();
  }

  /** Calls `code` as code of `actor`, in none of its turns. */
  runAs<R>(actor: Actor, code: () => R): R {
    return this.#context.run(new ActorScope(actor), code);
  }

  /** Calls `code`, which works one turn of `actor`, or several that cannot wait. */
  runTurns<R>(actor: Actor, code: () => R): R {
    actor.scope = new ActorScope(actor);
    return this.#context.run(actor.scope, code);
  }

  /** The rest of the present piece of code, and what it sets off, belongs to the turns of `actor` that begin now. */
  enterTurns(actor: Actor): void {
    if (!this.followsTurns) return;
    actor.scope = new ActorScope(actor);
    this.#context.enter(actor.scope);
  }

  /** Who has a turn open that the running code belongs to. */
  turnOwner(runtime: Runtime): string | null {
    if (!this.followsTurns) return null;
    const scope = this.#context.owner();
    return scope instanceof ActorScope && scope.runtime === runtime && scope.inOpenTurn ? scope.actor.name : null;
  }
}

/** Code of one incarnation: all of it or, where turns are followed, that of the turns between two waits. */
export class ActorScope {
  readonly actor: Actor;
  readonly regeneration: number;

  constructor(actor: Actor) {
    this.actor = actor;
    this.regeneration = actor.regeneration;
  }

  get runtime(): Runtime {
    return this.actor.runtime;
  }

  /** The code belongs to the turn that is open, and not to what an earlier one has left behind. */
  get inOpenTurn(): boolean {
    const { phase, scope } = this.actor;
    return scope === this && (phase === 'turn' || phase === 'paused');
  }

  /** The incarnation whose code this is, unless it has ended. It may have hibernated meanwhile: then it is awake now. */
  get living(): Actor | undefined {
    const actor = this.actor.present;
    if (actor === undefined) return undefined;
    return this.regeneration === actor.regeneration && isIncarnate(actor.phase) ? actor : undefined;
  }
}
