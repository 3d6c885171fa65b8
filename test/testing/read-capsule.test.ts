/** What is no capsule is refused, in one line that says why, and does no harm. */
import { type Capsule, defineActor, Graph, input, isHoldfastError, output } from 'holdfast';
import { readCapsule, replayCapsule, Simulation } from 'holdfast/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';

const failing = defineActor({
  inputs: { numbers: input<number>({ capacity: 4 }) },
  outputs: { words: output<string>() },
  state: () => ({ count: 0 }),
  on: {
    numbers(_, { outputs, random }) {
      outputs.words.send('one');
      throw new Error(`failed ${random()}`);
    },
  },
});

let capsule: Capsule;

beforeAll(async () => {
  const sim = new Simulation();
  const capsules = { folder: 'capsules', payloads: true };
  const graph = new Graph({ name: 'g', ports: sim.ports, logLevel: 'silent', capsules });
  const words = graph.channel<string>('words', { capacity: 4 });
  graph.actor('failing', failing, { words }).input('numbers').trySend(1);
  graph.start();
  await sim.settle();
  capsule = sim.capsules[0] as Capsule;
});

test('the text of a capsule and the object in it are the same', () => {
  expect(readCapsule(JSON.stringify(capsule))).toEqual(readCapsule(capsule));
});

describe('texts', () => {
  test.each([
    ['', 'it is empty'],
    ['   \n', 'it is empty'],
    ['{"format": "holdfast', 'it ends early: is the file cut off?'],
    ['not JSON }', 'it is no JSON'],
    ['null', 'a capsule is a JSON object'],
    ['[]', 'its "format" is not "holdfast capsule"'],
    ['{"format":"other","version":1}', 'its "format" is not "holdfast capsule"'],
    ['{"format":"holdfast capsule"}', 'it is of version none, and this Holdfast reads version 1'],
    ['{"format":"holdfast capsule","version":2}', 'it is of version 2, and this Holdfast reads version 1'],
    ['{"format":"holdfast capsule","version":1}', 'capsule.holdfast is missing'],
  ])('%j is refused', (text, problem) => {
    expect(() => readCapsule(text)).toThrow(problem);
  });

  test('cut off anywhere, a capsule is refused', () => {
    const text = JSON.stringify(capsule);
    for (let length = 0; length < text.length; length += 7) {
      expect(() => readCapsule(text.slice(0, length))).toThrow(/it ends early|it is empty|it is no JSON/);
    }
  });

  test('what is quoted in no message is what the text says', () => {
    expect(() => readCapsule('secret')).toThrow(/^(?!.*secret)/);
  });
});

describe('hostile capsules', () => {
  const with_ = (change: (json: Record<string, never>) => void): Capsule => {
    const json = JSON.parse(JSON.stringify(capsule)) as Record<string, never>;
    change(json);
    return json as unknown as Capsule;
  };

  test.each<[string, (json: Record<string, any>) => void, RegExp]>([ // eslint-disable-line @typescript-eslint/no-explicit-any -- any JSON
    ['a run of another form', (json) => (json['runId'] = 'zzzzzzzzzz'), /runId is no identity/],
    ['a name with a sequence for the terminal', (json) => (json['actor'] = '\u001b[2J'), /actor has control characters/],
    ['a capacity of 0', (json) => (json['inputs'][0].capacity = 0), /inputs\[0\]\.capacity is no integer from 1/],
    ['attempts without end', (json) => (json['inputs'][0].messages[0].failedAttempts = 1e12), /failedAttempts is no integer/],
    ['a time beyond all times', (json) => (json['failedWallMs'] = 1e300), /failedWallMs is no number of milliseconds/],
    ['a payload that is neither', (json) => (json['state'] = { kind: 'other' }), /state\.kind is none of kept, omitted/],
    ['a list that is none', (json) => (json['readings'].random = 'x'), /readings\.random is no list/],
    ['a style that is none', (json) => (json['definition'].style = 'run'), /style is none of loop, handler, source/],
  ])('%s', (_, change, message) => {
    const failure = (): unknown => readCapsule(with_(change));
    expect(failure).toThrow(message);
    expect(failure).toThrow(expect.objectContaining({ code: 'ERR_INVALID_CAPSULE' }));
  }); // prettier-ignore

  test.each<[string, (json: Record<string, any>) => void, RegExp]>([ // eslint-disable-line @typescript-eslint/no-explicit-any -- any JSON
    ['messages that are far apart', (json) => json['inputs'][0].messages.push({ ...json['inputs'][0].messages[0], sequence: 1e15 }), /far apart/],
    ['messages that are out of order', (json) => json['inputs'][0].messages.push(json['inputs'][0].messages[0]), /not in order/],
    ['an input that is missing', (json) => (json['inputs'] = []), /it has nothing about input "numbers"/],
    ['other inputs', (json) => (json['definition'].inputs = ['lines']), /its inputs are numbers, and those of the capsule lines/],
    ['another style', (json) => (json['definition'].style = 'loop'), /the definition is a handler, and that of the capsule a loop/],
    ['another state', (json) => (json['state'].json = { total: 1 }), /state\.count is missing/],
    ['a tag that stands for nothing', (json) => (json['state'].json = { $date: 'x' }), /stands for nothing/],
    ['a prototype as state', (json) => (json['state'].json = JSON.parse('{"__proto__":{"x":1},"count":1}')), /is not of this definition/],
    ['an obstacle', (json) => (json['obstacles'] = ['the moon']), /cannot be run again: the moon/],
  ])('%s', async (_, change, message) => {
    await expect(replayCapsule(failing, with_(change))).rejects.toThrow(message);
  }); // prettier-ignore

  test("what is no definition is no capsule's", async () => {
    // prettier-ignore
    await expect(replayCapsule({} as never, capsule)).rejects.toThrow('is no actor definition');
    await expect(replayCapsule(undefined as never, capsule)).rejects.toThrow('is no actor definition');
  });

  test('options that are none', async () => {
    await expect(replayCapsule(failing, capsule, { failure: 'no' as never })).rejects.toThrow('failure must be one of');
    await expect(replayCapsule(failing, capsule, { wait: 1 } as never)).rejects.toThrow('unknown option "wait"');
  });

  test('with any part replaced by anything, it is read and run, or refused with a code', async () => {
    const paths: (readonly (string | number)[])[] = [];
    const walk = (value: unknown, path: readonly (string | number)[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== 'object' || value === null) return;
      for (const key of Object.keys(value)) walk((value as Record<string, unknown>)[key], [...path, key]);
    };
    walk(capsule, []);
    const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e9, 2 ** 53, 1e308, {}, [], null, '', '__proto__'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), anything, async (path, value) => {
        const changed = JSON.parse(JSON.stringify(capsule)) as Record<string, unknown>;
        let place = changed;
        for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
        place[path.at(-1) as string] = value;
        try {
          await replayCapsule(failing, changed, { failure: 'report', foreignWaitMs: 0 });
        } catch (error) {
          if (!isHoldfastError(error)) throw error;
          expect(error.code).toMatch(/^ERR_(INVALID_CAPSULE|CAPSULE_MISFIT|CAPSULE_INCOMPLETE|INVALID_OPTION)$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
