import { type Bundle, Channel } from './channel.ts';

/** What a port is wired to. */
export type Wired = Channel<unknown> | Bundle<unknown>;

/** The channels of each port that is wired or, for an input with a channel of its own, in use. */
export type WiredPorts = Readonly<Record<string, Wired>>;

/** The channels of a port: one, or the lanes of a bundle. */
export function channelsOf(wired: Wired): readonly Channel<unknown>[] {
  return wired instanceof Channel ? [wired] : wired;
}

export function ownChannelName(actor: string, port: string): string {
  return `${actor}.${port}`;
}
