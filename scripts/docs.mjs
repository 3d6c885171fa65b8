// `npm run docs`: makes the reference of the two entries as static pages, from the docstrings and the documents.
// `--out FOLDER` writes somewhere else than dist/reference. A warning is a failure.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensure, root } from './ensure.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = resolve(values.out ?? join(root, 'dist', 'reference'));

/** Pages beside the reference, in the order in which the README lists them. */
function documents() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return ['docs/guides', 'docs', 'bench', '.']
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.md') && path !== 'README.md')
    .sort((a, b) => readme.lastIndexOf(a) - readme.lastIndexOf(b))
    .map((path) => join(root, path));
}

function options() {
  return {
    name: 'Holdfast',
    includeVersion: true,
    entryPoints: [
      join(root, 'src', 'index.ts'),
      join(root, 'src', 'testing', 'index.ts'),
      join(root, 'src', 'testing', 'vitest', 'index.ts'),
    ],
    tsconfig: join(root, 'tsconfig.src.json'),
    readme: join(root, 'README.md'),
    projectDocuments: documents(),
    excludeInternal: true,
    excludePrivate: true,
    // Inherited from JavaScript itself, and described where JavaScript is.
    excludeExternals: true,
    // The checkout has no address on the web that pages could lead to.
    disableSources: true,
    disableGit: true,
    hideGenerator: true,
    githubPages: false,
    highlightLanguages: ['ts', 'js', 'json', 'sh', 'csv'],
    searchInComments: true,
    searchInDocuments: true,
    sort: ['kind', 'instance-first', 'alphabetical-ignoring-documents'],
    sortEntryPoints: false,
    validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: true },
    logLevel: 'Warn',
  };
}

/**
 * Members of an object type that is written where it is used, such as the parts of an event. The sentence on what they are
 * parts of speaks for all of them, and typedoc asks for that one.
 */
function partsOfInlineTypes(project, { ReflectionKind }) {
  // typedoc itself asks for nothing inside parameters, and complains of names that it would not have asked for.
  const isInParameter = ({ parent }) =>
    parent !== undefined && (parent.kindOf(ReflectionKind.SomeSignature) || isInParameter(parent));
  const parts = project
    .getReflectionsByKind(ReflectionKind.Property)
    .filter((part) => part.parent?.kindOf(ReflectionKind.TypeLiteral) && !part.hasComment() && !isInParameter(part));
  return [...new Set(parts.map((part) => part.getFullName()))];
}

/** Kinds of a union, such as the events, that have no sentence of their own. typedoc does not ask for them. */
function silentVariants(project, { ReflectionKind }) {
  return project.getReflectionsByKind(ReflectionKind.TypeAlias).flatMap((alias) => {
    const { type } = alias;
    if (type?.type !== 'union' || !type.types.every((variant) => variant.type === 'reflection')) return [];
    const silent = type.types.filter((_, index) => (type.elementSummaries?.[index] ?? []).length === 0);
    return silent.map((variant) => `${alias.getFullName()}: no sentence on ${variant.toString()}`);
  });
}

async function makeReference() {
  const typedoc = await import('typedoc');
  const { Application, Converter } = typedoc;
  const app = await Application.bootstrap(options());
  // A document is called what its heading says, not what its file is called.
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const heading = document.content.map(({ text }) => text).join('');
    document.name = /^# (.+)$/m.exec(heading)?.[1] ?? document.name;
  });
  const project = await app.convert();
  if (project === undefined) return 'the sources do not compile';
  app.options.setValue('intentionallyNotDocumented', partsOfInlineTypes(project, typedoc));
  app.validate(project);
  for (const problem of silentVariants(project, typedoc)) app.logger.warn(problem);
  await app.generateDocs(project, out);
  const { errorCount, warningCount } = app.logger;
  return errorCount + warningCount === 0 ? undefined : `${errorCount} errors and ${warningCount} warnings: see above`;
}

const failure = ensure() ?? (await makeReference());
if (failure === undefined) {
  process.stdout.write(`${join(out, 'index.html')}\n`);
} else {
  process.stderr.write(`holdfast: ${failure}\n`);
  process.exitCode = 1;
}
