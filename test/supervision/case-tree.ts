/** What the cases do with a tree of supervisors, pretended or real. */
import type { AdminResult } from '../../src/supervision/admin.ts';
import { FakeTree, type Node, type Plan, type SupervisorPlan } from './fake-tree.ts';

/** The supervisor of a case. Its children stand under it by their ids, which are unique in the whole tree. */
export type Root = Omit<SupervisorPlan, 'id'>;

export type Awaitable<T> = T | Promise<T>;

export type AdminKind = 'terminate' | 'restart' | 'delete';

/** `done`, `running`, `ignored` or `failed`, or why it is refused. */
export type Answer = string;

export interface CaseTree {
  /** What has happened so far: `+a.2 -a.1:R !a.2 ~a.1 STOP`. */
  readonly text: string;
  /** The children of the root, in start order. */
  readonly children: string;
  /** Of the root: `specs,active,supervisors,workers`. */
  readonly counts: string;
  readonly nowMs: number;
  /** The root has ended, or could not start. */
  readonly isOver: boolean;
  start(): Awaitable<void>;
  /** The children end, all of them in one moment: their supervisors hear of it when all have. */
  end(reason: string, ...ids: readonly string[]): Awaitable<void>;
  /** Operates at the supervisor `at`, default the root, and lets everything settle; `no answer yet` if it takes time. */
  administer(kind: AdminKind, id: string, at?: string): Awaitable<Answer>;
  add(plan: Plan, at?: string): Awaitable<Answer>;
  /** The same without settling. What it answers is written down there when it does. */
  ask(kind: AdminKind, id: string, answers: Answer[]): void;
  askToAdd(plan: Plan, answers: Answer[]): void;
  /** Stops the root, and lets time pass until it has stopped. */
  stop(): Awaitable<void>;
  /** Only asks for that. @param done - Called when it has stopped. */
  askToStop(done?: () => void): void;
  advance(ms: number): Awaitable<void>;
  /** What nobody may have left behind; looked at last. */
  leftovers(): Awaitable<readonly string[]>;
}

/** The rules alone, with pretended children. */
export class PretendedTree implements CaseTree {
  readonly tree: FakeTree;
  #hasFailed = false;

  constructor(root: Root) {
    this.tree = new FakeTree(root);
  }

  get text(): string {
    return this.tree.text;
  }

  get children(): string {
    return this.tree.children;
  }

  get counts(): string {
    const { children, counts } = this.tree.root.supervision;
    const supervisors = children.filter(({ subject }) => 'children' in subject).length;
    return [counts.specs, counts.active, supervisors, children.length - supervisors].join();
  }

  get nowMs(): number {
    return this.tree.clock.nowMs();
  }

  get isOver(): boolean {
    return this.tree.root.end !== undefined || this.#hasFailed;
  }

  start(): void {
    this.tree.root.supervision.start(({ kind }) => (this.#hasFailed = kind === 'failed'));
    this.tree.advance(0);
  }

  end(reason: string, ...ids: readonly string[]): void {
    this.tree.end(reason, ...ids);
    this.tree.advance(0);
  }

  administer(kind: AdminKind, id: string, at?: string): Answer {
    return this.tree.administer(kind, id, this.#node(at));
  }

  add(plan: Plan, at?: string): Answer {
    return this.tree.add(plan, this.#node(at));
  }

  ask(kind: AdminKind, id: string, answers: Answer[]): void {
    this.tree.root.supervision.administer(kind, id, (result) => void answers.push(answerOf(result)));
  }

  askToAdd(plan: Plan, answers: Answer[]): void {
    const child = this.tree.newChildOf(plan);
    this.tree.root.supervision.add(child, (result) => void answers.push(answerOf(result)));
  }

  stop(): void {
    this.tree.stop();
  }

  askToStop(done: () => void = () => undefined): void {
    this.tree.root.supervision.stop(done);
  }

  advance(ms: number): void {
    this.tree.advance(ms);
  }

  leftovers(): readonly string[] {
    return [...this.tree.leftovers, ...this.tree.violations];
  }

  #node(id: string | undefined): Node {
    const node = id === undefined ? this.tree.root : this.tree.find(id).node;
    if (node === null) throw new Error(`${id} is no supervisor`);
    return node;
  }
}

function answerOf(result: AdminResult): Answer {
  return result.kind === 'refused' ? result.why : result.kind;
}
