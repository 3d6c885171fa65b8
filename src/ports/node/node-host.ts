import process from 'node:process';
import { getHeapStatistics } from 'node:v8';
import type { Host } from '../host.ts';

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
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return used / limit;
  }
}
