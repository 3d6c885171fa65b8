import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Behaviour, laneSpec, type InputSpecs, type OutputSpecs } from '../actor/definition.ts';
import type { PortRef } from '../actor/output-port.ts';
import { checkKnownKeys, invalidOption } from '../base/options.ts';
import { channelsOf, type Wired } from '../system/wired.ts';
import type { Channel } from '../system/channel.ts';
import type { Graph } from '../system/graph.ts';
import { PortReader } from './port-reader.ts';
import type { RecordedPorts } from './turn-recorder.ts';

/** Of a channel for which none is asked: a test that is about something else has room enough. */
const CAPACITY = 1_024;

/** Lanes of a bundle for which none are asked. */
const LANES = 2;

/** What is special about the channels of one port of an actor under test. */
export interface TestPortOptions {
  /** The most messages that each of its channels holds. Default: that of all. */
  readonly capacity?: number;
  /** How many channels, for a port that is a bundle. Default 2. */
  readonly lanes?: number;
  /** Checks what is sent. Default: that of the input, if it has one. */
  readonly schema?: StandardSchemaV1<unknown, unknown>;
}

/** By port; those that are left out are as all are. */
export type TestPorts<I extends InputSpecs, O extends OutputSpecs> = {
  readonly [K in (keyof I | keyof O) & string]?: TestPortOptions;
};

/** What is known of the ports of an actor under test. */
interface Ports {
  readonly inputs: InputSpecs;
  readonly outputs: OutputSpecs;
  readonly behaviour: Behaviour;
}

/** The channels of an actor under test: the test writes to its inputs, and reads its outputs; it subscribes to those that are ports. */
export class TestChannels implements RecordedPorts {
  /** What each port is wired to. */
  readonly wiring: Readonly<Record<string, Wired>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly outputOf: Map<string, string> = new Map();
  readonly #readers = new Map<string, readonly PortReader[]>();
  /** By output port, what is subscribed to it. */
  readonly #subscribers = new Map<string, Channel<unknown>>();

  constructor(
    graph: Graph,
    { inputs, outputs, behaviour }: Ports,
    given: number | undefined,
    ports: Readonly<Record<string, TestPortOptions | undefined>>,
  ) {
    this.inputs = Object.keys(inputs);
    this.outputs = [...Object.keys(outputs), ...behaviour.ports];
    checkKnownKeys('ports', ports, [...this.inputs, ...this.outputs]);
    const wiring: Record<string, Wired> = {};
    for (const [port, spec] of Object.entries(inputs)) {
      const { batch, schema, capacity = CAPACITY } = laneSpec(spec);
      // A channel holds a batch, whatever the capacity of all: where it is asked for, the graph says that it is too little.
      const all = {
        capacity: Math.max(given ?? capacity, batch?.size ?? 1),
        ...(schema === undefined ? {} : { schema }),
      };
      wiring[port] = wire(graph, port, spec.kind === 'inputBundle', all, ports[port] ?? {});
    }
    for (const port of this.outputs) {
      const isBundle = outputs[port]?.kind === 'outputBundle';
      const wired = wire(graph, port, isBundle, { capacity: given ?? CAPACITY }, ports[port] ?? {});
      if (behaviour.ports.includes(port)) this.#subscribers.set(port, wired as Channel<unknown>);
      else wiring[port] = wired;
      const channels = channelsOf(wired);
      channels.forEach((_, lane) => this.outputOf.set(isBundle ? `${port}[${lane}]` : port, port));
      this.#readers.set(
        port,
        channels.map((channel) => new PortReader(channel)),
      );
    }
    this.wiring = wiring;
  }

  /** Subscribes to the output ports of the actor. */
  subscribe(portOf: (port: string) => PortRef<unknown>): void {
    for (const [port, channel] of this.#subscribers) portOf(port).subscribe(channel);
  }

  /** The channel of an input that is no bundle. */
  input(port: string): Channel<unknown> {
    const channels = this.#input(port);
    if (channels.length !== 1 || this.#isBundle(port)) {
      throw invalidOption('input', `no bundle here: say which lane of "${port}", with sendToLane`, port);
    }
    return channels[0] as Channel<unknown>;
  }

  inputLane(port: string, lane: number): Channel<unknown> {
    const channels = this.#input(port);
    const channel = this.#isBundle(port) ? channels[lane] : undefined;
    if (channel !== undefined) return channel;
    const rule = this.#isBundle(port) ? `from 0 to ${channels.length - 1}` : `left out: input "${port}" is no bundle`;
    throw invalidOption('lane', rule, lane);
  }

  /** The channels of one input, or of all. */
  channels(port: string | undefined): readonly Channel<unknown>[] {
    return port === undefined ? this.inputs.flatMap((each) => this.#input(each)) : this.#input(port);
  }

  /** Whoever reads an output: one for each lane. */
  readers(port: string): readonly PortReader[] {
    const readers = this.#readers.get(port);
    if (readers === undefined) throw unknownPort('output', this.outputs, port);
    return readers;
  }

  /** From now on nothing stays in the outputs. */
  flow(): void {
    for (const reader of [...this.#readers.values()].flat()) reader.flow();
  }

  #input(port: string): readonly Channel<unknown>[] {
    if (!this.inputs.includes(port)) throw unknownPort('input', this.inputs, port);
    return channelsOf(this.wiring[port] as Wired);
  }

  #isBundle(port: string): boolean {
    return Array.isArray(this.wiring[port]);
  }
}

/** @throws HoldfastError `ERR_INVALID_OPTION`, if there is no such port. */
export function unknownPort(kind: 'input' | 'output', ports: readonly string[], port: unknown): Error {
  const names = ports.map((name) => `"${name}"`).join(', ');
  return invalidOption(kind, ports.length === 0 ? `left alone: the actor has no ${kind}` : `one of ${names}`, port);
}

function wire(
  graph: Graph,
  port: string,
  isBundle: boolean,
  all: { readonly capacity: number; readonly schema?: StandardSchemaV1<unknown, unknown> },
  own: TestPortOptions,
): Wired {
  checkKnownKeys(`ports: "${port}"`, own, isBundle ? ['capacity', 'lanes', 'schema'] : ['capacity', 'schema']);
  const { lanes = LANES, ...options } = own;
  // The options of the port come last, and none of them is undefined by their types.
  if (!isBundle) return graph.channel<unknown>(port, { ...all, ...options });
  return graph.bundle<unknown>(port, { ...all, ...options, lanes });
}
