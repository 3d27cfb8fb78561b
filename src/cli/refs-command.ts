import { PratiqueError } from '../errors.ts';
import { REFERENCES_FORMAT_NAMES } from '../report/format-names.ts';
import { tallyReferences } from '../report/references/references-report.ts';
import { VERSION } from '../version.ts';
import type { Command } from './command-line.ts';
import { many, one, policyOption, reachOptions, readPolicy } from './common-options.ts';
import { exitCodeFor } from './exit-code.ts';
import type { fixReferences } from './fix-references.ts';
import { filesOptions, findNamed } from './named-references.ts';
import { readViewsOf, writeTexts } from './views.ts';

/** `pratique refs [PATH…]`: every image that files name, judged by its name alone. */
export const refsCommand: Command = {
  options: (parser) =>
    filesOptions(reachOptions(policyOption(parser)))
      .positional('path', {
        type: 'string',
        array: true,
        describe:
          'Files, folders (those that git tracks), or - for standard input; default: the current folder',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        array: true,
        requiresArg: true,
        describe: `A view, FORMAT[=FILE]: ${REFERENCES_FORMAT_NAMES.join(', ')}; repeatable`,
      })
      .option('fix', {
        type: 'boolean',
        describe:
          'Check each image in full, and write the digest of those that are admitted behind their name',
      })
      .option('report-only', { type: 'boolean', describe: 'Exit 0 also where a name is refused' })
      .option('quiet', { alias: 'q', type: 'boolean', describe: 'Only what is refused or not known' })
      .example('$0 refs', 'every file of this repository')
      .example('$0 refs --since origin/main', 'what a branch changed')
      .example('helm template . | $0 refs -', 'a chart as it is rendered'),
  async run(options, terminal) {
    const views = readViewsOf(many(options, 'output') ?? [], REFERENCES_FORMAT_NAMES);
    requireNoName(options);
    const paths = many(options, 'path') ?? [];
    requireFiles(options);
    const policy = await readPolicy(options, terminal);
    const found = await findNamed(paths, options, terminal);
    const { judgeReferences } = await import('../judge-references.ts');
    const judged = judgeReferences(found.references, policy, terminal.now());
    const report = { found, judged, policy: policy.stamp, pratique: VERSION };
    const { REFERENCES_FORMATS } = await import('../report/references/references-formats.ts');
    const quiet = options['quiet'] === true;
    await writeTexts(views, terminal, ({ format, colour }) =>
      REFERENCES_FORMATS[format](report, { colour, quiet }),
    );
    const name = { result: tallyReferences(report).result };
    const whole = options['fix'] === true ? await fix(judged, policy, options, terminal) : [];
    return exitCodeFor([name, ...whole], options['reportOnly'] === true);
  },
};

async function fix(...judged: Parameters<typeof fixReferences>): ReturnType<typeof fixReferences> {
  const { fixReferences } = await import('./fix-references.ts'); // the names alone need none of it
  return fixReferences(...judged);
}

function requireFiles(options: Record<string, unknown>): void {
  if (options['fix'] === true && options['fromInput'] === true)
    throw new PratiqueError('USAGE', { what: 'standard input cannot be fixed', next: 'name the files' });
}

/** The option belongs to folders and archives, of which there are none here. */
function requireNoName(options: Record<string, unknown>): void {
  if (one(options, 'as') !== undefined)
    throw new PratiqueError('USAGE', { what: '--as does not go with refs', next: 'leave it out' });
}
