// `npm run api`: writes the reports of the public interface in api/, one for each entry of the package. They are checked in, so
// that a change of the interface shows in review, and a test compares them. `--out FOLDER` writes somewhere else.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensure, root } from './ensure.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const out = resolve(values.out ?? join(root, 'api'));

/** Name of the report, and the folder in dist/src whose index is the entry. */
const ENTRIES = [
  ['holdfast', '.'],
  ['holdfast-testing', 'testing'],
  ['holdfast-testing-vitest', 'testing/vitest'],
];

/** A kind of message that is said nowhere: others check it, or it does not matter here. */
const SILENT = { logLevel: 'none', addToApiReportFile: false };

/** @param temporary - Folder for the copy that the tool compares with. */
function configuration(name, folder, temporary) {
  return {
    projectFolder: root,
    mainEntryPointFilePath: join(root, 'dist', 'src', folder, 'index.d.ts'),
    compiler: { tsconfigFilePath: join(root, 'tsconfig.src.json') },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: out,
      reportTempFolder: temporary,
      // Helper types that only appear inside the others are a part of the interface all the same.
      includeForgottenExports: true,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: 'lf',
    messages: {
      compilerMessageReporting: { default: { logLevel: 'error' } },
      // All that is exported is public, and `npm run docs` complains of what has no docstring.
      extractorMessageReporting: {
        default: { logLevel: 'error' },
        'ae-missing-release-tag': SILENT,
        'ae-forgotten-export': SILENT,
        'ae-undocumented': SILENT,
        'ae-unresolved-link': SILENT,
      },
      tsdocMessageReporting: { default: SILENT },
    },
  };
}

async function writeReports() {
  const { Extractor, ExtractorConfig } = await import('@microsoft/api-extractor');
  const packageJsonFullPath = join(root, 'package.json');
  const temporary = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
  try {
    mkdirSync(out, { recursive: true });
    for (const [name, folder] of ENTRIES) {
      const configObject = configuration(name, folder, temporary);
      const config = ExtractorConfig.prepare({ configObject, configObjectFullPath: undefined, packageJsonFullPath });
      const { succeeded } = Extractor.invoke(config, { localBuild: true, messageCallback: quietly });
      if (!succeeded) return `the report of ${name} failed: see above`;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return undefined;
}

/** Only errors are said. */
function quietly(message) {
  if (message.logLevel !== 'error') message.handled = true;
}

const failure = ensure() ?? (await writeReports());
if (failure === undefined) {
  process.stdout.write(`${out}\n`);
} else {
  process.stderr.write(`holdfast: ${failure}\n`);
  process.exitCode = 1;
}
