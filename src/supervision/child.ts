import type { Backoff, RestartType, ShutdownSpec } from '../actor/settings.ts';
import { RestartDelay } from './restart-delay.ts';
import { RestartLimit } from './restart-limit.ts';

/** How a child is kept. Any number of children may share one. */
export interface ChildSpec {
  readonly restart: RestartType;
  readonly shutdown: ShutdownSpec;
  /** Its end may end the supervisor. */
  readonly significant: boolean;
  readonly backoff: Backoff;
  /** Restarts within `periodMs` that this child may have for itself, on top of its supervisor's limit. `Infinity`: no such limit. */
  readonly maxRestarts: number;
  readonly periodMs: number;
}

/** What a supervisor is told of a child: who it is, how it is kept, and what is started and stopped in its name. */
export interface NewChild<T> {
  /** Unique among its siblings. */
  readonly id: string;
  readonly spec: ChildSpec;
  readonly subject: T;
}

/** One child, over all its incarnations. Kept small: there may be a million. */
export class Child<T> {
  readonly id: string;
  readonly subject: T;
  readonly spec: ChildSpec;
  status: 'running' | 'restarting' | 'stopped' = 'stopped';
  /** Counts attempts to start it, from 1. */
  incarnation = 0;
  /** Made for its first failure. */
  history: ChildHistory | undefined = undefined;
  /** Takes back the start that is to come. */
  cancelStart: (() => void) | null = null;

  constructor({ id, spec, subject }: NewChild<T>) {
    this.id = id;
    this.subject = subject;
    this.spec = spec;
  }
}

/** What is remembered of a child that has failed. */
export class ChildHistory {
  readonly limit: RestartLimit;
  readonly delay: RestartDelay = new RestartDelay();

  constructor(spec: ChildSpec) {
    this.limit = new RestartLimit(spec);
  }
}
