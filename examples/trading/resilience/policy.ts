import type { ActorRef, OnChildEvent } from 'holdfast';
import type { MarketDataMessage } from '../session/market-data-feed.ts';
import type { LimiterMessage } from './limiter.ts';

export interface PolicyParts {
  readonly say: (line: string) => void;
  readonly waitMs: (ms: number) => number;
  /** Takes over from the market data feed. */
  readonly backup: ActorRef<MarketDataMessage>;
  /** Is told of failed executions, and tells a risk manager that has begun anew. */
  readonly limiter: ActorRef<LimiterMessage>;
}

/** Connections that may fail before the backup feed takes over. */
const connectionsMax = 3;
/** Failed executions within a minute before the exchange is left alone for a while. */
const executionsMax = 3;
const openMs = 1_000;
/** Restarts of the risk manager within a minute before somebody is called. */
const riskRestartsMax = 2;
const minuteMs = 60_000;

/** What the desk does about failures, besides restarting: all of it stands here, and nothing in the components. */
export function deskPolicy({ say, waitMs, backup, limiter }: PolicyParts): OnChildEvent {
  const failures = new Map<string, readonly number[]>();
  let isAlerted = false;

  return ({ kind, child }, { nowMs }) => {
    if (kind === 'started' && child.id === 'risk') limiter.tryCast('tell');
    if (kind !== 'failed') return 'default';
    const recent = (failures.get(child.id) ?? []).filter((atMs) => nowMs() - atMs < waitMs(minuteMs));
    const count = recent.push(nowMs());
    failures.set(child.id, recent);

    if (child.id === 'market' && count >= connectionsMax) {
      say(`[Supervisor] ${count} connections have failed: the backup feed takes over`);
      backup.tryCast({ kind: 'start' });
      return 'stop';
    }
    if (child.id === 'executor') {
      limiter.tryCast('failed');
      if (count < executionsMax) return 'default';
      say(`[Supervisor] Circuit breaker is open: no execution for ${openMs} ms`);
      return { restart: { delayMs: waitMs(openMs) } }; // then one is tried: half-open
    }
    if (child.id === 'risk') {
      const isTooOften = count > riskRestartsMax;
      if (isTooOften && !isAlerted) say(`[Operations] ALERT: ${count} restarts of the risk manager within a minute`);
      isAlerted = isTooOften;
    }
    return 'default';
  };
}
