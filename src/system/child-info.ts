import type { RestartType, ShutdownSpec } from '../actor/settings.ts';
import type { Child } from '../supervision/child.ts';
import type { Member } from './supervisor-node.ts';

/** One child at one moment. */
export interface ChildInfo {
  /** Unique among its siblings. */
  readonly id: string;
  /** Its full name: the path in the tree. */
  readonly name: string;
  readonly kind: 'worker' | 'supervisor';
  /** `restarting`: it has failed, and waits for its delay. `stopped`: it does not come back by itself. */
  readonly status: 'running' | 'restarting' | 'stopped';
  readonly restart: RestartType;
}

/** How a child is kept. */
export interface ChildSpecInfo {
  readonly id: string;
  readonly kind: 'worker' | 'supervisor';
  readonly restart: RestartType;
  readonly shutdown: ShutdownSpec;
  readonly significant: boolean;
}

export function infoOf({ id, subject, status, spec: { restart } }: Child<Member>): ChildInfo {
  return { id, name: subject.name, kind: subject.kind, status, restart };
}

export function specInfoOf({ id, subject, spec: { restart, shutdown, significant } }: Child<Member>): ChildSpecInfo {
  return { id, kind: subject.kind, restart, shutdown, significant };
}
