/** Feeds and streams that fail when there is nothing else left to stop. */
import { Graph } from 'holdfast';
import { Simulation } from 'holdfast/testing';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';

type Callback = (error?: Error) => void;

/** Runs a graph that is nothing but a channel with one message between a feed and a stream. */
async function runInto(stream: { write?: (done: Callback) => void; final?: (done: Callback) => void }): Promise<void> {
  const { write = (done) => done(), final = (done) => done() } = stream;
  const sim = new Simulation();
  const graph = new Graph({ name: 'edges', ports: sim.ports });
  const channel = graph.channel<string>('channel', { capacity: 1 });
  graph.feed('feed', ['the only message'], channel);
  const target = new Writable({ objectMode: true, write: (_message, _encoding, done) => write(done), final });
  graph.sink('sink', channel, target);
  await sim.runUntil(graph.run());
}

describe('a stream that fails as the last part of a graph', () => {
  const error = new Error('no space left');

  test('stops it uncleanly when it fails in a write', async () => {
    await expect(runInto({ write: (done) => done(error) })).rejects.toThrow('sink "sink" failed: no space left');
  });

  test('stops it uncleanly when it fails some time after a write', async () => {
    const write = (done: Callback): void => void setImmediate(() => done(error));
    await expect(runInto({ write })).rejects.toThrow('sink "sink" failed: no space left');
  });

  test('stops it uncleanly when it fails as it is ended', async () => {
    await expect(runInto({ final: (done) => done(error) })).rejects.toThrow('sink "sink" failed: no space left');
  });

  test('stops it cleanly when it does not fail', async () => {
    await runInto({});
  });
});

test('a feed that fails as the last part of a graph stops it uncleanly', async () => {
  const sim = new Simulation();
  const graph = new Graph({ name: 'edges', ports: sim.ports });
  const channel = graph.channel<string>('channel', { capacity: 1 });
  graph.feed('feed', failing(), channel);
  await expect(sim.runUntil(graph.run())).rejects.toThrow('feed "feed" failed: cannot be read');
});

// eslint-disable-next-line require-yield -- it fails before it could
async function* failing(): AsyncGenerator<string> {
  throw new Error('cannot be read');
}
