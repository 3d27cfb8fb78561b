import { join } from 'node:path';
import { PratiqueError } from '../../errors.ts';
import { printable } from '../../model/printable.ts';
import { foreign } from '../../report/foreign.ts';
import { plural } from '../../report/size.ts';
import type { Command } from '../command-line.ts';
import { one } from '../common-options.ts';
import { ADMITTED } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { NO_COMMIT, requirePinned } from './copy-of-pratique.ts';
import type { InitPlan, PlannedFile } from './init-plan.ts';
import type { Surroundings } from './look-around.ts';
import { INCLUDE } from './texts.ts';
import { isThere, writeNew } from './write-new.ts';

/** `pratique init`: a policy, a list and a pipeline to begin with, from what the repository shows. */
export const initCommand: Command = {
  options: (parser) =>
    parser
      .option('dry-run', { type: 'boolean', describe: 'Print what would be written; write nothing' })
      .option('owner', {
        type: 'string',
        requiresArg: true,
        describe: 'Who answers for the allow-list; default: the owner of the project',
      })
      .option('action', {
        type: 'string',
        requiresArg: true,
        describe: 'Your copy of pratique, which the pipeline runs, as OWNER/REPOSITORY@COMMIT',
      })
      .example('$0 init --dry-run', 'what would be written')
      .example('$0 init --owner team-platform', 'a policy, an allow-list and a pipeline'),
  async run(options, terminal) {
    const asked = one(options, 'owner'); // before anything is looked at
    const action = one(options, 'action');
    const wish = action === undefined ? {} : { action: requirePinned(action) };
    await requireRoot(terminal);
    const { lookAround } = await import('./look-around.ts');
    const { planInit } = await import('./init-plan.ts');
    const around = await lookAround(terminal);
    const owner = asked ?? around.project?.split('/')[0] ?? around.name;
    const plan = planInit(around, { owner, ...wish }, terminal.now);
    tellFound(around, plan, terminal);
    if (options['dryRun'] === true)
      for (const { path, text } of plan.files) terminal.out.write(`\n--- ${path}\n${text}`);
    else await writeAll(plan, around, terminal);
    return ADMITTED;
  },
};

/** A policy is looked for up to the root, and pipelines stand there. @throws {PratiqueError} `USAGE` */
async function requireRoot({ cwd }: Terminal): Promise<void> {
  if (await isThere(join(cwd, '.git'))) return;
  throw new PratiqueError('USAGE', {
    what: 'this is not the root of a git repository',
    why: 'the policy, and the pipeline that runs it, are looked for there',
    next: 'change to it, or run git init',
  });
}

function tellFound(
  { forge, registries, named }: Surroundings,
  { names }: InitPlan,
  { out, err }: Terminal,
): void {
  out.write(`forge       ${forge ?? 'none that is known: no pipeline is written'}\n`);
  for (const [host, where] of registries) out.write(`registry    ${foreign(host)} (${foreign(where)})\n`);
  out.write(`images      ${names.entries.length} named in ${plural(named.files.read, 'file')}\n`);
  for (const why of names.leftOut) err.write(`left out of the list: ${printable(why)}\n`);
  for (const { file, line, why } of unknownOf(named))
    err.write(`not known: ${foreign(file)}:${line}: ${foreign(why)}\n`);
}

/** Where a name stands that nobody can tell before it is rendered, or that could not be read. */
function unknownOf({ references, unread }: Surroundings['named']) {
  return [
    ...references
      .filter(({ reference, known }) => reference === undefined && known === undefined)
      .map(({ file, line, why = 'it is not known' }) => ({ file, line, why })),
    ...unread.map(({ file, line, text }) => ({ file, line, why: text })),
  ];
}

/** Nothing that is there is touched. A list that no policy names would only seem to count. */
async function writeAll({ files }: InitPlan, around: Surroundings, terminal: Terminal): Promise<void> {
  const { cwd, out, err } = terminal;
  const hasPolicy = await isThere(join(cwd, 'pratique.yaml'));
  const wanted = hasPolicy
    ? files.filter(({ path }) => path !== 'pratique.yaml' && !path.startsWith('allowlists/'))
    : files;
  if (hasPolicy)
    err.write(
      'left alone  pratique.yaml is there already; pratique init --dry-run shows what would be in it\n',
    );
  const written: PlannedFile[] = [];
  for (const file of wanted) {
    if (await writeNew(cwd, file)) {
      written.push(file);
      out.write(`written     ${file.path}\n`);
    } else err.write(`left alone  ${file.path} is there already\n`);
  }
  tellNext(written, around, terminal);
}

/** What is left to a person. */
function tellNext(written: readonly PlannedFile[], { named }: Surroundings, { out }: Terminal): void {
  const pipeline = written.find(({ path }) => path.startsWith('.git'));
  if (pipeline?.text.includes(NO_COMMIT) === true)
    out.write(`next        put your copy of pratique into ${pipeline.path} in the place of acme/pratique\n`);
  if (pipeline?.path.startsWith('.gitlab/') === true)
    out.write(`next        write into .gitlab-ci.yml: ${INCLUDE}\n`);
  if (unknownOf(named).length > 0)
    out.write(
      'next        what is not known leaves refs undecided: mend it, or leave its file out there with --exclude PATTERN\n',
    );
  out.write('next        pratique refs, then look at each line of what was written, and commit it\n');
}
