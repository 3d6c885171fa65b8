import { BY_IDENTITY } from '../base/plain-data.ts';
import { ReplyPort } from './reply-port.ts';

/** So many values are looked at: whoever hides a port behind more of them is told by its deadline. */
const VALUES_MAX = 100_000;

/** Calls `found` for each reply port in `value`: in objects, arrays, maps and sets, however deep. */
export function portsIn(value: unknown, found: (port: ReplyPort<never>) => void): void {
  if (typeof value !== 'object' || value === null) return;
  const seen = new Set<object>([value]);
  for (const each of seen) {
    if (each instanceof ReplyPort) {
      found(each as ReplyPort<never>);
      continue;
    }
    if (ArrayBuffer.isView(each) || BY_IDENTITY in each) continue;
    for (const inside of valuesOf(each)) {
      if (typeof inside === 'object' && inside !== null && seen.size < VALUES_MAX) seen.add(inside);
    }
  }
}

function* valuesOf(holder: object): Generator<unknown> {
  if (holder instanceof Map) {
    yield* holder.keys();
    yield* holder.values();
  } else if (holder instanceof Set) yield* holder;
  for (const key of Object.keys(holder)) {
    // Without calling what a getter does, which is code of the user's.
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property !== undefined && 'value' in property) yield property.value;
  }
}
