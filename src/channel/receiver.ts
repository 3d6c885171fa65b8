/** What messages of type `T` may be sent to: a channel, or an actor by its mailbox. */
export interface Receiver<T> {
  /** Unique among the channels, or the actors, of its graph. */
  readonly name: string;
  /** Only for the type checker: undefined at run time. */
  readonly takes: ((message: T) => void) | undefined;
}
