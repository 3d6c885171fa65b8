import type { Runtime } from './runtime.ts';

interface SlowActor {
  readonly name: string;
  readonly runtime: Runtime;
  readonly turnsInSlice: number;
  tell(level: 'warn', fields: object, message: string): void;
}

/** The turns of the last slice have held up everybody for too long. */
export function reportSlowTurn(actor: SlowActor, elapsedMs: number): void {
  const turns = Math.max(1, actor.turnsInSlice);
  actor.runtime.emit({ kind: 'slowTurn', actor: actor.name, elapsedMs, turns });
  actor.tell('warn', { elapsedMs, turns }, 'slow turn: the event loop stood still meanwhile');
}
