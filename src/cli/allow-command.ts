import { PratiqueError } from '../errors.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, parseReference } from '../model/reference.ts';
import type { AllowEntry, Policy } from '../policy/policy.ts';
import { plural } from '../report/size.ts';
import { addToAllowList } from './allow-add.ts';
import { importForeign } from './allow-import.ts';
import type { Command } from './command-line.ts';
import { many, policyOption, readPolicy } from './common-options.ts';
import { ADMITTED, type ExitCode, REFUSED } from './exit-code.ts';
import { findNamed } from './named-references.ts';
import type { Terminal } from './terminal.ts';

/** `pratique allow ACTION`: the names that a policy allows. */
export const allowCommand: Command = {
  options: (parser) =>
    policyOption(parser)
      .positional('action', {
        type: 'string',
        choices: ['list', 'test', 'lint', 'add', 'import'],
        describe:
          'list; test NAME…: by which line; lint: lines that are of no use; add PATTERN; import FILE…: a policy of another program',
      })
      .positional('name', {
        type: 'string',
        array: true,
        describe: 'Names of images, one pattern to add, or files to import (- for standard input)',
      })
      .option('refs', { type: 'boolean', describe: 'lint: also lines that no file of this repository needs' })
      .option('file', { type: 'string', requiresArg: true, describe: 'add: the list, *.yaml or *.txt' })
      .option('reason', { type: 'string', requiresArg: true, describe: 'add: why it is allowed' })
      .option('tags', {
        type: 'string',
        requiresArg: true,
        describe: 'add: a tag with stars, or ">=1.25 <2"',
      })
      .option('until', { type: 'string', requiresArg: true, describe: 'add: the last day, as 2027-06-30' })
      .option('owner', { type: 'string', requiresArg: true, describe: 'add: who owns a list that is new' })
      .example('$0 allow test nginx:1.27', 'which line allows it')
      .example('$0 allow lint --refs', 'in a pipeline: lines that are late, doubled, too wide or unused')
      .example(
        '$0 allow add "quay.io/prometheus/*" --file allowlists/metrics.yaml --reason metrics',
        'a new line',
      )
      .example('$0 allow import policy.json > pratique.yaml', 'what Podman allows, as a policy'),
  async run(options, terminal) {
    const names = many(options, 'name') ?? [];
    const action = String(options['action']);
    requireFitting(action, names, options);
    // A policy cannot be read while a list is missing that this makes.
    if (action === 'add') return addToAllowList(names[0] ?? '', options, terminal);
    if (action === 'import') return importForeign(names, options, terminal);
    const policy = await readPolicy(options, terminal);
    const entries = requireSources(policy);
    if (action === 'list') return list(entries, terminal);
    if (action === 'test') return tryNames(names, policy, terminal);
    return lint(entries, options, terminal);
  },
};

const OF_ADD = ['file', 'reason', 'tags', 'until', 'owner'];

/** What would be read and change nothing. */
function requireFitting(action: string, names: readonly string[], options: Record<string, unknown>): void {
  const many = Number.POSITIVE_INFINITY;
  const fromInput = options['fromInput'] === true;
  const takes = { list: [0, 0], lint: [0, 0], test: [1, many], add: [1, 1], import: [1, many] }[action] ?? [
    0, 0,
  ];
  if (fromInput && action !== 'import') throw usage('- goes with allow import');
  if (fromInput && names.length > 0) throw usage('- stands alone');
  if (names.length < (takes[0] ?? 0) && !fromInput)
    throw usage(`allow ${action} needs a ${action === 'import' ? 'file' : 'name'}`);
  if (names.length > (takes[1] ?? 0))
    throw usage(`allow ${action} does not take ${quoted(names.at(-1) ?? '')}`);
  const idle = OF_ADD.find((name) => action !== 'add' && options[name] !== undefined);
  if (idle !== undefined) throw usage(`--${idle} goes with allow add`);
  if (['add', 'import'].includes(action) && options['policy'] !== undefined)
    throw usage(`--policy does not go with allow ${action}`);
  if (action !== 'lint' && options['refs'] === true) throw usage('--refs goes with allow lint');
}

function requireSources({ sources, stamp }: Policy): readonly AllowEntry[] {
  if (sources !== undefined) return sources.allow;
  throw new PratiqueError('USAGE', {
    what: 'the policy allows any name',
    where: printable(stamp.origin),
    next: 'give it sources with allow, or allow-lists',
  });
}

async function list(entries: readonly AllowEntry[], { out }: Terminal): Promise<ExitCode> {
  const { formatAllowEntry } = await import('../policy/allow-entry.ts');
  for (const entry of entries) {
    const { origin, until, reason } = entry;
    const rest = [
      printable(origin),
      ...(until === undefined ? [] : [`until ${until}`]),
      ...(reason === undefined ? [] : [printable(reason)]),
    ];
    out.write(`${printable(formatAllowEntry(entry))}  (${rest.join('; ')})\n`);
  }
  return ADMITTED;
}

async function tryNames(names: readonly string[], policy: Policy, { out, now }: Terminal): Promise<ExitCode> {
  const { nameAllowed } = await import('../checks/name/allowed.ts');
  const context = { policy, setting: { level: 'fail', options: {} }, now: now() } as const;
  let code: ExitCode = ADMITTED;
  for (const reference of names.map(parseReference)) {
    const findings = nameAllowed.run(reference, context);
    const name = printable(formatReference(reference));
    for (const { message } of findings) out.write(`refused   ${name}: ${message}\n`);
    if (findings.length === 0)
      out.write(`admitted  ${name}: ${nameAllowed.note?.(reference, context) ?? ''}\n`);
    else code = REFUSED;
  }
  return code;
}

async function lint(
  entries: readonly AllowEntry[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitCode> {
  const { lintAllowList } = await import('../policy/lint-allow-list.ts');
  const found = options['refs'] === true ? await findNamed([], {}, terminal) : undefined;
  const used = found?.references.flatMap(({ reference }) => reference ?? []);
  const faults = lintAllowList(entries, terminal.now().toISOString().slice(0, 10), used);
  const { formatAllowEntry } = await import('../policy/allow-entry.ts');
  for (const { kind, entry, why } of faults)
    terminal.out.write(
      `${printable(entry.origin)}: ${kind}: ${printable(formatAllowEntry(entry))}: ${why}\n`,
    );
  const open =
    (found?.unread.length ?? 0) + (found?.references.filter(({ why }) => why !== undefined).length ?? 0);
  if (open > 0)
    terminal.err.write(`${open} names are not known or not read; what is unused may be used by these\n`);
  if (faults.length === 0)
    terminal.out.write(
      `${plural(entries.length, 'line')}, nothing against ${entries.length === 1 ? 'it' : 'them'}\n`,
    );
  return faults.length === 0 ? ADMITTED : REFUSED;
}

function usage(what: string): PratiqueError {
  return new PratiqueError('USAGE', { what, next: 'see pratique allow --help' });
}
