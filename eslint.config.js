import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', 'test/**/*.ts'];
const nodePorts = 'src/ports/node/**/*.ts';

// ---- Layers: a folder imports only from the folders before it. -------------------------------------------------------
const layers = ['base', 'ports', 'channel', 'actor', 'supervision', 'system'];
const adapters = ['telemetry', 'dashboard', 'threads', 'durable', 'nats'];

/** Folders that a layer would be allowed by its place, but does without: supervision decides, the system acts. */
const withheld = { supervision: ['channel'] };

function zone(folder, allowed) {
  return {
    target: `./src/${folder}`,
    from: './src',
    except: [folder, ...allowed].map((name) => `./${name}`),
    message: `src/${folder} may import only from itself${allowed.map((name) => ` and ${name}`).join('')}.`,
  };
}

const zones = [
  ...layers.map((folder, place) => {
    const before = layers.slice(0, place);
    return zone(
      folder,
      before.filter((name) => !(withheld[folder] ?? []).includes(name)),
    );
  }),
  ...adapters.map((folder) => zone(folder, folder === 'telemetry' ? [...layers, 'dashboard'] : layers)),
  zone('cli', []),
  ...['channel', 'actor', 'supervision'].map((folder) => ({
    target: `./src/${folder}`,
    from: './src/ports/node',
    message: 'The real clock and its like are handed in, so that a test can hand in others.',
  })),
  { target: './examples', from: './src', message: "An example imports 'holdfast' and 'holdfast/testing' only." },
  { target: './src/index.ts', from: ['./src/testing', './src/cli'], message: 'The main entry leaves these out.' },
  { target: './src', from: ['./test', './bench', './scripts'], message: 'What ships imports only what ships.' },
  { target: './src/!(cli)/**', from: './examples', message: 'Only the command line runs the examples.' },
];

// ---- Time, randomness and I/O come through ports. --------------------------------------------------------------------
const ports = 'comes through a port: only src/ports/node/ may use it.';
const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const surroundings = ['performance', 'crypto', ...timers];
const bannedGlobals = [...surroundings, 'console', 'process'];

const asGlobals = (names) => names.map((name) => ({ name, message: `It ${ports}` }));

const bannedTime = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: `Time ${ports}` },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: `Time ${ports}` },
  { selector: "CallExpression[callee.name='Date']", message: `Time ${ports}` },
  { selector: "MemberExpression[object.name='AbortSignal'][property.name='timeout']", message: `Time ${ports}` },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: `Randomness ${ports}` },
];
const bannedDetours = {
  selector: `MemberExpression[object.name=/^(globalThis|global)$/][property.name=/^(${bannedGlobals.join('|')})$/]`,
  message: `It ${ports}`,
};
const bannedNode = [
  { selector: 'ImportDeclaration[source.value=/^node:/]', message: `Node ${ports}` },
  { selector: 'ImportExpression[source.value=/^node:/]', message: `Node ${ports}` },
];

// ---- Style: types are merely erased, and every export has a name. ----------------------------------------------------
const bannedSyntax = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  { selector: "TSModuleDeclaration[kind='namespace']", message: 'Use a module.' },
  { selector: 'TSParameterProperty', message: 'Declare the field.' },
  { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
  { selector: 'ExportDefaultDeclaration', message: 'Name what is exported.' },
];

const sizes = {
  'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['warn', { max: 70, skipBlankLines: true, skipComments: true }],
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.docs-run/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      // The compiler knows which names exist; plain scripts are few and run in every check.
      'no-undef': 'off',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'no-unused-expressions': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts'] })],
    },
    rules: {
      'no-restricted-syntax': ['error', ...bannedSyntax],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { requireDefaultForNonUnion: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      // The compiler reports these too, but knows no `_` for a parameter that must be there.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      // An actor's run and a port's method are asynchronous by contract, whether or not this one awaits.
      '@typescript-eslint/require-await': 'off',
      // What users throw, and `signal.reason`, pass through as they are.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingUnknown: true, allowThrowingAny: true },
      ],
      '@typescript-eslint/no-empty-object-type': ['error', { allowObjectTypes: 'always', allowInterfaces: 'always' }],
    },
  },
  {
    files: ['src/**/*.ts', 'examples/**/*.ts'],
    ignores: tests,
    rules: { ...sizes, 'import-x/no-restricted-paths': ['error', { zones }] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: [...tests, nodePorts, 'src/cli/**'],
    rules: {
      'no-restricted-globals': ['error', ...asGlobals(bannedGlobals)],
      'no-restricted-syntax': ['error', ...bannedSyntax, ...bannedTime, ...bannedNode, bannedDetours],
    },
  },
  {
    // Adapters join Holdfast to something in the world, so they may import Node; its time and randomness they may not.
    files: adapters.map((folder) => `src/${folder}/**/*.ts`),
    ignores: tests,
    rules: { 'no-restricted-syntax': ['error', ...bannedSyntax, ...bannedTime, bannedDetours] },
  },
  {
    // Programs: they print, and they end the process.
    files: ['src/cli/**/*.ts', 'examples/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...asGlobals(surroundings)],
      'no-restricted-syntax': ['error', ...bannedSyntax, ...bannedTime],
    },
  },
  {
    files: [...tests, 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
