import type { Exit } from './events.ts';
import type { Replacement } from './replacement.ts';
import type { RestartType } from './settings.ts';

/** One child at one moment. */
export interface ChildInfo {
  /** Unique among its siblings. */
  readonly id: string;
  /** Its full name: the path in the tree. */
  readonly name: string;
  /** An actor, or a supervisor. */
  readonly kind: 'worker' | 'supervisor';
  /** `restarting`: it has failed, and waits for its delay. `stopped`: it does not come back by itself. */
  readonly status: 'running' | 'restarting' | 'stopped';
  /** When it comes back. */
  readonly restart: RestartType;
}

/** What happened to a child, for `onChildEvent`. Ends that the supervisor itself brought about are not told. */
export interface ChildEvent {
  /**
   * - `started`: it runs, after its first start, a restart, or an operator's. The answer is not looked at.
   * - `failed`: it crashed, was killed, or could not be started again; a supervisor has failed by its policy.
   * - `terminated`: it ended by its own wish, or completed.
   * - `gaveUp`: it is a supervisor, and more restarts were needed there than its limit allows.
   */
  readonly kind: 'started' | 'failed' | 'terminated' | 'gaveUp';
  /** The child as it stands, before anything is decided. */
  readonly child: ChildInfo;
  /** Of the incarnation that has begun, or ended. */
  readonly regeneration: number;
  /** How the incarnation ended; `undefined` for `started`, and for a child that could not start. */
  readonly exit: Exit | undefined;
  /** What was thrown or, where nothing was, the kind of the exit; `undefined` for `started`. */
  readonly cause: unknown;
  /** Restarts of all children within the supervisor's period so far. */
  readonly restarts: number;
}

/** What `onChildEvent` may answer. */
export type ChildEventAnswer =
  /** As if there were no policy: `undefined` is the same. */
  | 'default'
  /**
   * It comes back, whatever its restart type: with the siblings that the strategy restarts, after its backoff, and counted
   * against the limits.
   */
  | 'restart'
  /** The same, after so long instead of its backoff; a message at fault that needs longer is waited for. */
  | { readonly restart: { readonly delayMs: number } }
  /** It stays stopped. Siblings are not touched, whatever the strategy; nothing is counted. An operator may restart it. */
  | 'stop'
  /**
   * The supervisor ends at once: its children stop in reverse order, and it fails with the cause. Its own supervisor then
   * applies its own strategy. Nothing is counted here.
   */
  | 'escalate'
  /**
   * It goes on with its committed state and without the message at fault, which becomes a dead letter. Siblings are not
   * touched, whatever the strategy; nothing is counted. Only after an error of its code: else the default. Unsafe: what the
   * code left behind outside its state stays as it is.
   */
  | 'resume'
  /**
   * As `restart`, but it comes back as another: made by {@link replacement}. What was remembered of its failures is forgotten.
   * So it stays until the supervisor itself begins again. For actors only.
   */
  | { readonly replace: Replacement };
