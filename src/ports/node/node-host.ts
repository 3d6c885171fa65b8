import process from 'node:process';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Host } from '../host.ts';

/**
 * What V8 sets aside for young objects, three spaces of 16 MiB, where `--max-semi-space-size` says nothing else. It does not
 * tell; with small heaps, leaving it out would have a process die at half of its limit.
 */
const YOUNG_BYTES = 48 * 1024 * 1024;

/** The Node process. */
export class NodeHost implements Host {
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void {
    const onInterrupt = (): void => listener('SIGINT');
    const onTerminate = (): void => listener('SIGTERM');
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    return () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    };
  }

  onStrayError(listener: (error: unknown) => void): () => void {
    process.on('uncaughtException', listener);
    process.on('unhandledRejection', listener);
    return () => {
      process.off('uncaughtException', listener);
      process.off('unhandledRejection', listener);
    };
  }

  setExitStatus(status: number): void {
    process.exitCode = status;
  }

  exit(status: number): void {
    process.exit(status);
  }

  heapUsedRatio(): number {
    const { heap_size_limit: limit } = getHeapStatistics();
    const used = getHeapSpaceStatistics()
      .filter(({ space_name: name }) => !name.startsWith('new_'))
      .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
    // Of the limit, the young objects have a part of their own: a process dies when the others have used up theirs.
    return Math.min(1, used / Math.max(limit - YOUNG_BYTES, limit / 2));
  }
}
