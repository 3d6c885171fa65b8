import { type AdminResult, refused } from './admin.ts';
import type { KillChild, StartResult } from './child-control.ts';
import type { Child, NewChild } from './child.ts';
import type { Failure } from './failure.ts';

/** What a supervisor is told or asked, one after the other. */
export type Message<T> =
  | { readonly kind: 'startAll'; readonly answer: (result: StartResult) => void }
  | { readonly kind: 'ended'; readonly child: Child<T>; readonly incarnation: number; readonly failure: Failure }
  | { readonly kind: 'startAgain' | 'goBack' | 'tellStarted'; readonly child: Child<T>; readonly incarnation: number }
  | { readonly kind: 'add'; readonly child: NewChild<T>; readonly answer: (result: AdminResult) => void }
  | {
      readonly kind: 'terminate' | 'restart' | 'delete';
      readonly id: string;
      readonly answer: (result: AdminResult) => void;
    }
  | { readonly kind: 'stop' | 'free'; readonly answer: () => void }
  | { readonly kind: 'kill'; readonly kill: KillChild<T>; readonly answer: () => void };

/** It will not be handled: whoever waits for its answer must not wait for ever. */
export function refuse<T>(message: Message<T>): void {
  switch (message.kind) {
    case 'startAll':
      message.answer({ kind: 'failed', error: 'killed' });
      return;
    case 'add':
    case 'terminate':
    case 'restart':
    case 'delete':
      message.answer(refused('stopping'));
      return;
    case 'stop':
    case 'free':
    case 'kill':
      message.answer();
      return;
    case 'ended':
    case 'startAgain':
    case 'goBack':
    case 'tellStarted':
  }
}
