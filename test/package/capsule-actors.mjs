// The actor of capsule-child.mjs, and others with which it could be mixed up.
import { defineActor, input, output } from '../../dist/src/index.js';

function counting(check) {
  return defineActor({
    inputs: { lines: input() },
    outputs: { words: output() },
    state: () => ({ lines: 0, last: new Date(0) }),
    on: {
      lines(line, { state, outputs, random, wallMs }) {
        state.lines += 1;
        state.last = new Date(wallMs());
        outputs.words.send(line.length);
        check(line, random());
      },
    },
  });
}

export const counter = counting((line, number) => {
  if (line.startsWith('bad'))
    throw Object.assign(new RangeError(`a line of ${line.length}, ${number}`), { code: 'E_BAD' });
});

export const mended = counting(() => undefined);

export const wrong = counting(() => {
  throw new Error('always');
});

export const other = defineActor({ inputs: { numbers: input() }, on: { numbers() {} } });

export const make = () => counter;

export const text = 'text';
