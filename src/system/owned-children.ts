import type { ChildEvent, ChildInfo } from '../actor/child-event.ts';
import type { Family, OwnerOptions } from '../actor/family.ts';
import type { Exit } from '../actor/events.ts';
import type { Runnable } from '../actor/run-queue.ts';
import type { StagedEffect, Turn } from '../actor/turn.ts';
import { HoldfastError } from '../base/errors.ts';
import { checkKnownKeys, checkName, checkObject, invalidOption } from '../base/options.ts';
import { isSameData } from '../base/same-data.ts';
import type { Policy, StartResult } from '../supervision/child-control.ts';
import type { Child } from '../supervision/child.ts';
import type { ChildEvent as RuleEvent, Directive } from '../supervision/directive.ts';
import type { GaveUp, SupervisorEnd } from '../supervision/supervisor-end.ts';
import type { ActorCell } from './actor-cell.ts';
import type { AnyDefinition } from './wired-cell.ts';
import type { ActorSettings } from '../actor/settings.ts';
import type { Actors } from './actors.ts';
import { drainInputs, mustHaveInputs } from './cell-ends.ts';
import { infoOf } from './child-info.ts';
import type { GraphCore } from './graph-core.ts';
import { checkDefinition } from '../actor/replacement.ts';
import { type Member, type NodeListener, SupervisorNode } from './supervisor-node.ts';
import { childDefaults, supervisorSettings } from './supervisor-options.ts';
import { directiveFor, eventOf } from './supervisor-policy.ts';
import { startFailed } from './start-failed.ts';
import { refusal } from './supervisor-ref.ts';

/** What a child was spawned from. */
interface Spawning {
  readonly definition: unknown;
  readonly wiring: object;
  readonly options: object;
}

function isSameSpawning(a: Spawning, b: Spawning): boolean {
  return a.definition === b.definition && isSameData(a.wiring, b.wiring) && isSameData(a.options, b.options);
}

/** The place of a child, which outlives the incarnations of its owner. */
interface Place {
  readonly id: string;
  readonly cell: ActorCell;
  readonly from: Spawning;
  /** Left behind by an incarnation, and not spawned again since. */
  isKept: boolean;
  /** A turn has committed that ends it. */
  isDoomed: boolean;
}

type Answer = (directive: Directive<Member>) => void;

/** What turns have staged, and what they have decided. */
type Order =
  /** `enter`: makes it known, where it is new. `before`: an earlier one under its id, which is gone then. */
  | {
      readonly kind: 'spawn';
      readonly place: Place;
      readonly enter: (() => void) | undefined;
      readonly before: ActorCell | undefined;
    }
  | { readonly kind: 'stop'; readonly place: Place }
  | { readonly kind: 'drain'; readonly place: Place }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly directive: Directive<Member> };

/** Something to tell the owner. */
interface News {
  readonly event: ChildEvent;
  readonly child: Child<Member>;
  /** Undefined where it decides nothing, or the rules have decided already. */
  answer: Answer | undefined;
}

/** So many that are decided wait to be told: the oldest give way. */
const NEWS_MAX = 1_000;
const LEFT_ALONE: Directive<Member> = Object.freeze({ kind: 'stop' });
const BY_THE_RULES: Directive<Member> = Object.freeze({ kind: 'default' });
const KEYS = ['strategy', 'maxRestarts', 'periodMs', 'autoShutdown', 'onEscalation', 'resetAfterMs'] as const;

/** How an actor keeps its children, checked. @throws HoldfastError `ERR_INVALID_OPTION`. */
function ownerSettings(actor: string, options: OwnerOptions): ReturnType<typeof supervisorSettings> {
  const what = `supervises of actor "${actor}"`;
  checkKnownKeys(what, options, KEYS);
  return supervisorSettings(what, options);
}

/**
 * The children of one actor: a supervisor of their own, which works only while there is an incarnation of the actor, and their
 * places, which are kept from one to the next.
 *
 * What turns ask for is staged with them, and done in slices of its own: starting a child runs code of a user's, which no commit
 * may.
 */
export class OwnedChildren implements Family, NodeListener, Policy<Member>, StagedEffect, Runnable {
  readonly isRoot = false;
  readonly isSetUp = false;
  readonly #core: GraphCore;
  readonly #actors: Actors;
  readonly owner: ActorCell;
  readonly #node: SupervisorNode;
  /** In the order in which they were spawned last. */
  readonly #places = new Map<string, Place>();
  #staged: Order[] = [];
  readonly #stagedIds = new Set<string>();
  /** What is to be done in its next slice. */
  #orders: Order[] = [];
  /** One of them at the most waits for an answer. */
  readonly #news: News[] = [];
  /** Whoever waits for the end of the incarnation's children; undefined while nobody has ended them. */
  #enders: (() => void)[] | undefined;
  /** The rules, or a start that failed, have brought the present incarnation to its end. */
  #hasFailed = false;
  queued = false;

  /** @throws HoldfastError `ERR_INVALID_OPTION`. */
  constructor(core: GraphCore, actors: Actors, owner: ActorCell, siblings: ActorSettings) {
    this.#core = core;
    this.#actors = actors;
    this.owner = owner;
    const { name, definition, id } = owner;
    const settings = ownerSettings(name, definition.behaviour.owns?.supervises ?? {});
    this.#node = new SupervisorNode(core, this, { name, id, actorDefaults: childDefaults(siblings) }, settings);
  }

  // --- As its turns see it ------------------------------------------------------------------------------------------

  spawn(turn: Turn, id: string, definition: unknown, wiring: unknown, options: unknown): unknown {
    checkName('ctx.spawn: id', id);
    const name = this.#node.nameOf(id);
    checkDefinition(name, definition);
    checkObject(`wiring of actor "${name}"`, wiring);
    checkObject(`options of actor "${name}"`, options);
    this.#mustBeFree(id);
    const from = { definition, wiring: { ...(wiring as object) }, options: { ...(options as object) } };
    const left = this.#places.get(id);
    if (left?.isKept === true && isSameSpawning(from, left.from)) {
      this.#stage(turn, { kind: 'spawn', place: left, enter: undefined, before: undefined });
      return left.cell;
    }
    const before = left?.cell;
    const { cell, enter } = this.#make(id, from, before);
    const place = { id, cell, from, isKept: false, isDoomed: false };
    this.#stage(turn, { kind: 'spawn', place, enter, before });
    return cell;
  }

  #make(
    id: string,
    { definition, wiring, options }: Spawning,
    before: ActorCell | undefined,
  ): { readonly cell: ActorCell; readonly enter: () => void } {
    const name = this.#node.nameOf(id);
    const { inputs } = definition as AnyDefinition; // it was checked
    const wired = Object.keys(inputs).find((port) => Reflect.get(wiring, port) !== undefined);
    if (wired !== undefined) {
      const message = `actor "${name}": "${wired}" is an input, and those of a child that is spawned in a turn are its own: give it a capacity`;
      throw new HoldfastError('ERR_WIRING', message, { actor: name, port: wired });
    }
    if ('restore' in options) throw invalidOption(`restore of actor "${name}"`, 'left out in a turn', options.restore);
    const plan = this.#actors.plan(this.#node, name, definition as AnyDefinition, wiring, options);
    return this.#actors.prepare(this.#node, id, plan, this.#forget, before);
  }

  #mustBeFree(id: string): void {
    const isStaged = this.#stagedIds.has(id);
    const place = this.#places.get(id);
    if (!isStaged && (place === undefined || place.isKept || place.cell.ended)) return; // that one makes way
    const isRunning = !isStaged && this.#node.child(id)?.status === 'running';
    throw refusal(this.owner.name, id, isRunning ? 'already started' : 'already present');
  }

  stopChild(turn: Turn, child: unknown, drains: boolean): void {
    const staged = this.#staged.flatMap((order) => (order.kind === 'spawn' ? [order.place] : [])); // no matter if kept
    const known = [...this.#places.values()].filter(({ isKept }) => !isKept);
    const places = [...known, ...staged].filter(({ isDoomed }) => !isDoomed);
    const place = places.find(({ id, cell }) => id === child || cell === child);
    if (place === undefined) {
      throw invalidOption('ctx.stopChild: child', `the ref or the id of a child of actor "${this.owner.name}"`, child);
    }
    if (drains) mustHaveInputs(place.cell);
    this.#stage(turn, { kind: drains ? 'drain' : 'stop', place });
  }

  children(): readonly ChildInfo[] {
    const known = this.#node.isUp ? this.#node.children.map(infoOf) : [];
    const coming = this.#orders.flatMap((order) => (order.kind === 'spawn' ? [order.place] : []));
    const infos = coming.map(({ id, cell: { name, settings } }): ChildInfo => {
      return { id, name, kind: 'worker', status: 'stopped', restart: settings.restart };
    });
    return [...known, ...infos];
  }

  #stage(turn: Turn, order: Order): void {
    this.#staged.push(order);
    if (order.kind === 'spawn') this.#stagedIds.add(order.place.id);
    turn.stageEffect(this);
  }

  publish(): void {
    for (const order of this.#staged) {
      if (order.kind === 'spawn') {
        const { place, enter } = order;
        enter?.();
        place.isKept = false;
        this.#places.delete(place.id);
        this.#places.set(place.id, place);
      } else if (order.kind === 'stop') order.place.isDoomed = true;
    }
  }

  wake(): void {
    for (const order of this.#staged) this.#order(order);
    this.#unstage();
  }

  rollBack(): void {
    for (const order of this.#staged) {
      if (order.kind === 'spawn' && order.enter !== undefined) order.place.cell.discard();
    }
    this.#unstage();
  }

  #unstage(): void {
    this.#staged = [];
    this.#stagedIds.clear();
  }

  // --- Orders -------------------------------------------------------------------------------------------------------

  #order(order: Order): void {
    this.#orders.push(order);
    this.#core.runQueue.enqueue(this);
  }

  runSlice(): boolean {
    const orders = this.#orders;
    this.#orders = [];
    for (const order of orders) {
      if (order.kind === 'spawn') {
        order.before?.retire({ kind: 'shutdown' }, true);
        this.#start(order.place);
      } else if (order.kind === 'stop') this.#stopForGood(order.place);
      else if (order.kind === 'drain') this.#drain(order.place);
      else order.answer(order.directive);
    }
    return false;
  }

  sliceTook(): void {}

  #start(place: Place): void {
    const node = this.#node;
    if (this.#hasFailed) return; // the incarnation is about to end: its place is kept
    if (!node.isUp) node.begin(false, false, () => undefined); // it has no children yet: nothing can fail
    const { id, cell } = place;
    cell.asBuilt();
    if (node.child(id) !== undefined) this.#clear(id); // it has ended for good
    node.add({ id, spec: cell.spec, subject: cell }, (result) => {
      if (result.kind === 'failed') this.#fail({ kind: 'crashed', error: startFailed(cell.name, result.error) });
    });
  }

  #clear(id: string): void {
    for (const verb of ['terminate', 'delete'] as const) this.#node.administer(verb, id, () => undefined);
  }

  #stopForGood(place: Place): void {
    const node = this.#node;
    const { id, cell } = place;
    if (this.#places.get(id) !== place) return; // it has gone meanwhile
    // In one go: a sibling that has failed meanwhile would have the strategy start it again in between.
    node.administer('terminate', id, () => undefined);
    node.administer('delete', id, () => {
      if (this.#places.get(id) === place) cell.retire({ kind: 'shutdown' }, true); // it has never run
    });
  }

  /** Its place is kept until it is empty, over incarnations of the owner too. */
  #drain(place: Place): void {
    drainInputs(place.cell);
    this.#core.watches.listen(place.cell, () => this.#order({ kind: 'stop', place }), false);
  }

  #fail(exit: Exit): void {
    this.#hasFailed = true;
    this.owner.actor?.interruptBy({ kind: 'family', exit });
  }

  // --- Between its incarnations -------------------------------------------------------------------------------------

  get isEmpty(): boolean {
    return this.#orders.length === 0 && (!this.#node.isUp || this.#node.childCount === 0);
  }

  begun(): void {
    for (const { cell, isKept } of [...this.#places.values()]) {
      if (isKept) cell.retire({ kind: 'shutdown' }, true);
    }
  }

  end(how: 'stop' | 'kill', done: () => void): void {
    const node = this.#node;
    const asked = this.#orders.filter((order) => order.kind === 'answer').map(({ answer }) => answer);
    for (const { answer } of this.#news.splice(0)) if (answer !== undefined) asked.push(answer);
    for (const order of this.#orders) if (order.kind === 'spawn') order.before?.retire({ kind: 'shutdown' }, true);
    this.#orders = [];
    for (const place of this.#places.values()) place.isKept = true;
    if (this.#enders === undefined) {
      this.#enders = [done];
      if (node.isUp) node.halt(how === 'kill' ? 'brutal' : 'infinity', () => this.#ended());
      else if (node.status !== 'stopping') this.#ended();
      else if (how === 'kill') node.killRest(); // it is giving up, and says when it has
    } else {
      this.#enders.push(done);
      if (how === 'kill') node.killRest();
    }
    for (const answer of asked) answer(LEFT_ALONE); // nobody is there to decide any more
  }

  #ended(): void {
    const enders = this.#enders ?? [];
    this.#enders = undefined;
    this.#hasFailed = false;
    for (const { cell, isDoomed } of [...this.#places.values()]) {
      if (isDoomed) cell.retire({ kind: 'shutdown' }, true);
    }
    for (const done of enders) done();
  }

  /** Their supervisor, whether it works or not. */
  get node(): SupervisorNode {
    return this.#node;
  }

  /** The owner is gone for good. */
  retire(exit: Exit): void {
    for (const { cell } of [...this.#places.values()]) cell.retire(exit, true);
  }

  readonly #forget = (cell: ActorCell): void => {
    const { id } = cell;
    if (this.#places.get(id)?.cell === cell) this.#places.delete(id);
    this.#actors.forget(cell);
  };

  /** Its own, in start order. */
  cells(): readonly ActorCell[] {
    return Array.from(this.#places.values(), ({ cell }) => cell);
  }

  /** Whether a child has an incarnation whose start hooks are behind it. */
  hasBegun({ id }: ActorCell): boolean {
    return this.#node.child(id)?.status === 'running';
  }

  graphStops(): void {
    if (this.#node.isUp) this.#node.graphStops(); // else they wait for the next incarnation of their owner
  }

  // --- As the supervisor sees it ------------------------------------------------------------------------------------

  /** Without `onChildEvent` the rules decide alone. */
  get policy(): Policy<Member> | undefined {
    return this.owner.definition.behaviour.owns?.onChildEvent === undefined ? undefined : this;
  }

  /** Its children end, and their places stay. */
  get keepsPlaces(): boolean {
    return this.#enders !== undefined;
  }

  givesUp(error: HoldfastError, { why, cause }: GaveUp): void {
    this.#fail({ kind: 'crashed', error: why === 'escalated' ? cause : error });
  }

  ended(end: SupervisorEnd): void {
    if (end.kind === 'autoShutdown') this.#fail({ kind: 'shutdown' });
    if (this.#enders !== undefined) this.#ended();
  }

  ask(event: RuleEvent<Member>, answer: Answer): void {
    const { actor } = this.owner;
    if (this.#enders !== undefined || actor === undefined) {
      answer(LEFT_ALONE);
      return;
    }
    const isDecided = event.kind === 'started' || actor.phase === 'committing';
    this.#tell({ event: eventOf(event), child: event.child, answer: isDecided ? undefined : answer });
    actor.stopDue();
    if (isDecided) answer(BY_THE_RULES);
  }

  #tell(news: News): void {
    if (this.#news.length >= NEWS_MAX) {
      this.#news.shift();
      this.owner.actor?.tell(
        'warn',
        { kept: NEWS_MAX },
        'too busy to be told of its children: the oldest news are dropped',
      );
    }
    this.#news.push(news);
  }

  /** A turn of the owner waits for room: perhaps in the mailbox of a child that waits for this very answer to begin again. */
  ownerWaits(): void {
    for (const news of this.#news) {
      const { answer } = news;
      news.answer = undefined;
      if (answer !== undefined) this.#order({ kind: 'answer', answer, directive: BY_THE_RULES });
    }
  }

  resume({ subject }: Child<Member>, answer: (result: StartResult) => void): void {
    subject.resume(answer);
  }

  get event(): ChildEvent | undefined {
    return this.#news[0]?.event;
  }

  checkAnswer(answer: unknown): void {
    const [news] = this.#news;
    if (news === undefined) return;
    const directive = directiveFor(news.child, answer);
    if (directive.kind === 'threw') throw directive.error;
  }

  decided(event: ChildEvent, answer: unknown): void {
    const [news] = this.#news;
    if (news?.event !== event) return; // decided before, while the turn waited for room
    this.#news.shift();
    if (news.answer !== undefined)
      this.#order({ kind: 'answer', answer: news.answer, directive: directiveFor(news.child, answer) });
  }
}
