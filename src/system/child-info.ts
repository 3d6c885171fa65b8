import type { ChildInfo } from '../actor/child-event.ts';
import type { RestartType, ShutdownSpec } from '../actor/settings.ts';
import type { Child } from '../supervision/child.ts';
import type { Member } from './supervisor-node.ts';

/** How a child is kept. */
export interface ChildSpecInfo {
  /** Unique among its siblings. */
  readonly id: string;
  /** An actor, or a supervisor. */
  readonly kind: 'worker' | 'supervisor';
  /** When it comes back. */
  readonly restart: RestartType;
  /** How long it has to stop. */
  readonly shutdown: ShutdownSpec;
  /** Its end may end its supervisor. */
  readonly significant: boolean;
}

export function infoOf({ id, subject, status, spec: { restart } }: Child<Member>): ChildInfo {
  return { id, name: subject.name, kind: subject.kind, status, restart };
}

export function specInfoOf({ id, subject, spec: { restart, shutdown, significant } }: Child<Member>): ChildSpecInfo {
  return { id, kind: subject.kind, restart, shutdown, significant };
}
