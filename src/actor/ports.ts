import { InputBundleEnd } from '../channel/input-bundle-end.ts';
import { InputEnd, type InputNature } from '../channel/input-end.ts';
import { OutputEnd } from '../channel/output-end.ts';
import type { Ring } from '../channel/ring.ts';
import type { Actor } from './actor.ts';
import type { ActorSpec } from './actor-spec.ts';
import { OutputBundleEnd } from './output-bundle-end.ts';

type Owner = Pick<Actor, 'turn' | 'runtime' | 'counters' | 'readable'>;

/** The ends of an actor's inputs, in the order of its definition. The actor becomes the consumer of their rings. */
export function inputPorts(actor: Owner, { inputs, place }: ActorSpec): (InputEnd | InputBundleEnd)[] {
  const endOf = (port: string, ring: Ring, nature: InputNature, lane?: number): InputEnd => {
    ring.consumer = actor;
    return new InputEnd(actor.turn, port, ring, nature, lane);
  };
  return Object.entries(inputs).map(([port, spec]) => {
    const wired = place.ringsOf(port);
    if (spec.kind === 'input') return endOf(port, wired as Ring, spec);
    const lanes = (wired as readonly Ring[]).map((ring, lane) => endOf(port, ring, spec.lane, lane));
    return new InputBundleEnd(port, lanes);
  });
}

const NO_OUTPUTS: readonly never[] = Object.freeze([]);

/** The ends of an actor's outputs, in the order of its definition. Those at one channel stage together. */
export function outputPorts(actor: Owner, { outputs, place }: ActorSpec): readonly (OutputEnd | OutputBundleEnd)[] {
  if (Object.keys(outputs).length === 0) return NO_OUTPUTS;
  const leads = new Map<Ring, OutputEnd>();
  const endOf = (name: string, ring: Ring): OutputEnd => {
    const end = new OutputEnd(actor.turn, name, ring, actor.runtime.freezer, leads.get(ring));
    if (end.lead === end) leads.set(ring, end);
    return end;
  };
  return Object.entries(outputs).flatMap(([port, spec]) => {
    if (spec.kind === 'outputPort') return []; // wired to nobody
    const wired = place.ringsOf(port);
    if (spec.kind === 'output') return endOf(port, wired as Ring);
    const lanes = (wired as readonly Ring[]).map((ring, lane) => endOf(`${port}[${lane}]`, ring));
    const bundle = new OutputBundleEnd(actor.turn, actor.counters, port, lanes, spec.route);
    actor.turn.bundles = [...actor.turn.bundles, bundle];
    return bundle;
  });
}

/** The ends of all ports, lane by lane: the very same list where no port is a bundle. */
export function lanesOf<E extends InputEnd | OutputEnd>(
  ports: readonly (E | { readonly lanes: readonly E[] })[],
): readonly E[] {
  if (ports.every((port): port is E => !('lanes' in port))) return ports;
  return ports.flatMap((port) => ('lanes' in port ? port.lanes : port));
}

/** Nothing will ever come from any of them; what the present turn has taken counts as gone. */
export function areDrained(inputs: readonly InputEnd[]): boolean {
  for (let index = 0; index < inputs.length; index += 1) {
    if (!(inputs[index] as InputEnd).drained) return false; // quicker than an iterator, and asked often
  }
  return true;
}
