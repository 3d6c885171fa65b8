/**
 * The failures of this lesson. Never do this in production: real faults come by themselves.
 *
 * A fault that is to happen once may not remember in the actor's state that it has happened: the failure rolls the state
 * back, and with it the memory. It asks for the actor's `regeneration` instead, which only ever grows.
 */
export const faults = {
  /** The generator fails once, when it makes its 13th message. */
  generatorAtMessage: 13,
  /** The heartbeat fails once, at its 7th beat. */
  heartbeatAtBeat: 7,
  /** The worker fails each time it meets this value, so the value ends as a dead letter. */
  workerOnValue: 33,
  /** The logger fails each time it meets this value, so the value ends as a dead letter. */
  loggerOnValue: 41,
} as const;

/** Fails the turn, and with it the actor's present incarnation. */
export function injectFault(where: string): never {
  throw new Error(`injected fault: ${where}`);
}
