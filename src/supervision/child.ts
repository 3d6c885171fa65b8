import type { Backoff, RestartType, ShutdownSpec } from '../actor/settings.ts';
import { Breaker, type BreakerSettings } from './breaker.ts';
import { Fallback, type FallbackSettings } from './fallback.ts';
import { RestartAlert, type AlertSettings } from './restart-alert.ts';
import { RestartDelay } from './restart-delay.ts';
import { RestartLimit } from './restart-limit.ts';
import type { ShrinkingLimit } from './shrinking-limit.ts';

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
  readonly breaker?: BreakerSettings | undefined;
  readonly fallback?: FallbackSettings | undefined;
  readonly alert?: AlertSettings | undefined;
  /** Its failures lower this limit. */
  readonly lowers?: ShrinkingLimit | undefined;
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
  /** The policy may replace both. */
  subject: T;
  spec: ChildSpec;
  status: 'running' | 'restarting' | 'stopped' = 'stopped';
  /** Counts attempts to start it, from 1. */
  incarnation = 0;
  /** Made for its first failure. */
  history: ChildHistory | undefined = undefined;
  /** Takes back the start that is to come, or the way back from the fallback. */
  cancelTimer: (() => void) | null = null;

  constructor({ id, spec, subject }: NewChild<T>) {
    this.id = id;
    this.subject = subject;
    this.spec = spec;
  }

  /** What is started in its name is its fallback, not itself. */
  get isFallback(): boolean {
    return this.history?.fallback?.isOn ?? false;
  }
}

/** What is remembered of a child that has failed. */
export class ChildHistory {
  readonly limit: RestartLimit;
  delay: RestartDelay = new RestartDelay();
  readonly breaker: Breaker | undefined;
  readonly fallback: Fallback | undefined;
  readonly alert: RestartAlert | undefined;
  /** When it is to start again, while it waits for that, in monotonic milliseconds. */
  dueMs = 0;

  constructor(spec: ChildSpec) {
    const { breaker, fallback, alert } = spec;
    this.limit = new RestartLimit(spec);
    this.breaker = breaker && new Breaker(breaker);
    this.fallback = fallback && new Fallback(fallback);
    this.alert = alert && new RestartAlert(alert);
  }
}
