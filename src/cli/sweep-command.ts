import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { printable, quoted } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import type { UnresolvedName } from '../model/sweep.ts';
import { parseDuration } from '../policy/duration.ts';
import { isSweepFormat, SWEEP_FORMATS, type SweepFormat } from '../report/sweep/sweep-formats.ts';
import type { SweepReport } from '../report/sweep/sweep-report.ts';
import { readTagPatterns } from '../sweep/choose-tags.ts';
import { makeJudgePool } from '../sweep/judge-pool.ts';
import { Ledger } from '../sweep/ledger.ts';
import { type ListedImages, listImages } from '../sweep/list-images.ts';
import { runSweep } from '../sweep/run-sweep.ts';
import { runningImages } from '../sweep/running-images.ts';
import { readWanted, type Wanted } from '../sweep/wanted.ts';
import type { Command } from './command-line.ts';
import { many, one } from './common-options.ts';
import { exitCodeFor, INTERRUPTED, withAttestation } from './exit-code.ts';
import { findNamed } from './named-references.ts';
import { readSweepSetting, SWEEP_JUDGE, sweepSettingOptions } from './sweep-setting.ts';
import { type Terminal, wantsColour, warnTo } from './terminal.ts';
import { writeFileWhole } from './write-file.ts';

const INPUT_BYTES = 256 * 1024 * 1024; // of a list of names, or of the pods of a large cluster
const LOOKED_UP_AT_ONCE = 8;
/** seconds beyond the deadline of an image: its process has to say that it is over */
const GRACE = 30;

/** `pratique sweep`: judge a whole registry. */
export const sweepCommand: Command = {
  name: 'sweep [image..]',
  about: 'Judge many images: of a registry, a list, a cluster',
  takesInput: true,
  options: (parser) => selectionOptions(sweepSettingOptions(parser)),
  async run(options, terminal) {
    const views = readSweepViews(many(options, 'output') ?? []);
    const jobs = readJobs(one(options, 'jobs'));
    const began = terminal.now();
    const setting = await readSweepSetting(options, terminal, began);
    const { wanted, unread } = await readSelection(options, terminal);
    const ledger = await Ledger.open(
      resolve(terminal.cwd, one(options, 'ledger') ?? 'pratique-sweep.ledger'),
    );
    try {
      const listed = await list(wanted, setting.gate, options, terminal);
      const before = ledger.endedBefore(setting.key);
      const earlier = before === undefined ? undefined : ledger.seenBy(before);
      const { images, isInterrupted } = await judge(listed, { ledger, setting, jobs, began }, terminal);
      const report: SweepReport = {
        images,
        unresolved: [...unread, ...listed.unresolved],
        leftOut: listed.leftOut,
        unjudged: listed.items.length - images.length,
        ...(earlier && { earlier }),
        policy: setting.gate.policy.stamp,
        at: terminal.now().toISOString(),
      };
      await writeSweepViews(views, report, terminal);
      if (isInterrupted) {
        terminal.err.write(
          `interrupted: ${images.length} of ${listed.items.length} images are judged; the same command goes on from there\n`,
        );
        return INTERRUPTED;
      }
      return codeOf(report, options['reportOnly'] === true);
    } finally {
      await ledger.close();
    }
  },
};

function selectionOptions(parser: Argv): Argv {
  return parser
    .positional('image', {
      type: 'string',
      array: true,
      describe:
        'NAME, or a pattern: HOST/** for a registry, HOST/PATH/* for repositories, NAME:1.* for tags; - for a list',
    })
    .option('pods', {
      type: 'string',
      requiresArg: true,
      describe:
        'The images that a cluster runs: a file that kubectl get pods -A -o json wrote; - for standard input',
    })
    .option('refs', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'The images that this file or folder names, as pratique refs finds them; repeatable',
    })
    .option('tags', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Of repositories only these tags: with stars, or a range as ">=1.25 <2"; repeatable',
    })
    .option('newest', {
      type: 'string',
      requiresArg: true,
      describe:
        'Of tags that are versions only so many of each line (1.25.*, 1.26.*, 1.26.*-alpine); others are left out',
    })
    .option('max-age', {
      type: 'string',
      requiresArg: true,
      describe: 'Only images that were built within this time, as 90d; one that does not tell is judged',
    })
    .option('ledger', {
      type: 'string',
      requiresArg: true,
      describe: 'The file that records what is judged; default pratique-sweep.ledger',
    })
    .option('jobs', {
      alias: 'j',
      type: 'string',
      requiresArg: true,
      describe: 'Images that are judged at the same time; default: one for each processor',
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      array: true,
      requiresArg: true,
      describe: `A view, FORMAT[=FILE]: ${Object.keys(SWEEP_FORMATS).join(', ')}; repeatable`,
    })
    .option('report-only', { type: 'boolean', describe: 'Exit 0 also where an image is refused' })
    .option('quiet', { alias: 'q', type: 'boolean', describe: 'Tell no steps' })
    .example('$0 sweep "registry.acme.dev/**" --newest 2', 'a registry, the two newest of each line')
    .example('$0 sweep - -o csv=sweep.csv < images.txt', 'a list, one name a line')
    .example('$0 sweep --pods pods.json', 'what a cluster runs');
}

interface Selection {
  readonly wanted: readonly Wanted[];
  /** what files name that cannot be known */
  readonly unread: readonly UnresolvedName[];
}

async function readSelection(options: Record<string, unknown>, terminal: Terminal): Promise<Selection> {
  const choosesTags = many(options, 'tags') !== undefined || one(options, 'newest') !== undefined;
  const texts = [...(many(options, 'image') ?? [])];
  const pods = one(options, 'pods');
  if (options['fromInput'] === true && pods !== '-')
    texts.push(...linesOf(await terminal.in.read(INPUT_BYTES)));
  if (pods !== undefined) texts.push(...runningImages(await readPods(pods, terminal), printable(pods)));
  const named = await namedIn(many(options, 'refs') ?? [], options, terminal);
  texts.push(...named.texts);
  if (texts.length === 0 && named.unread.length === 0) throw nothing();
  return { wanted: texts.map((text) => readWanted(text, { choosesTags })), unread: named.unread };
}

async function namedIn(paths: readonly string[], options: Record<string, unknown>, terminal: Terminal) {
  if (paths.length === 0) return { texts: [], unread: [] };
  const { references, unread } = await findNamed(paths, { ...options, fromInput: false }, terminal);
  const texts = references.flatMap(({ reference }) => (reference ? [formatReference(reference)] : []));
  const open = [
    ...references.flatMap(({ file, line, text, why }) =>
      why === undefined ? [] : [{ place: `${file}:${line}`, why: `${quoted(text)}: ${why}` }],
    ),
    ...unread.map(({ file, line, text }) => ({ place: `${file}:${line}`, why: text })),
  ];
  return {
    texts: [...new Set(texts)],
    unread: open.map(
      ({ place, why }): UnresolvedName => ({
        name: place,
        fault: { code: 'NAME_UNKNOWN', text: printable(why) },
      }),
    ),
  };
}

async function readPods(file: string, terminal: Terminal): Promise<Uint8Array> {
  if (file === '-') return Buffer.from(await terminal.in.read(INPUT_BYTES));
  try {
    return await readFile(resolve(terminal.cwd, file));
  } catch (cause) {
    const problem = {
      what: `--pods ${quoted(file)} could not be read`,
      why: (cause as NodeJS.ErrnoException).code ?? 'unknown reason',
      next: 'write one with kubectl get pods -A -o json',
    };
    throw new PratiqueError('USAGE', problem, { cause });
  }
}

/** One name a line; what stands behind a # is not read. */
function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

async function list(
  wanted: readonly Wanted[],
  gate: Gate,
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ListedImages> {
  const newest = readCount('--newest', one(options, 'newest'));
  const seconds = readAge(one(options, 'maxAge'));
  const warn = warnTo(terminal);
  const listed = await listImages({
    wanted,
    tags: { patterns: readTagPatterns(many(options, 'tags') ?? []), ...(newest !== undefined && { newest }) },
    open: (registry) => gate.openCatalogue(registry, warn),
    atOnce: LOOKED_UP_AT_ONCE,
    ...(seconds !== undefined && {
      isYoung: (reference: Reference) => isYoung(gate, reference, seconds, terminal.now()),
    }),
  });
  if (options['quiet'] !== true)
    terminal.err.write(
      `${listed.items.length} images to judge` +
        `${listed.leftOut > 0 ? `, ${listed.leftOut} names left out` : ''}` +
        `${listed.unresolved.length > 0 ? `, ${listed.unresolved.length} not found out` : ''}\n`,
    );
  return listed;
}

/** Of an index the youngest image counts; one that does not tell its age is judged rather than left out. */
async function isYoung(gate: Gate, reference: Reference, seconds: number, now: Date): Promise<boolean> {
  const source = gate.open({ kind: 'registry', text: formatReference(reference), reference });
  try {
    const { images } = await source.resolve();
    return images.some(({ config: { created } }) => {
      const time = Date.parse(created ?? '');
      return Number.isNaN(time) || now.getTime() - time <= seconds * 1000;
    });
  } finally {
    await source.close();
  }
}

interface Judging {
  readonly ledger: Ledger;
  readonly setting: { readonly gate: Gate; readonly key: string };
  readonly jobs: number;
  readonly began: Date;
}

async function judge(listed: ListedImages, { ledger, setting, jobs, began }: Judging, terminal: Terminal) {
  const { gate, key } = setting;
  const perImage = gate.policy.limits.imageSeconds;
  const pool = makeJudgePool({
    size: jobs,
    key,
    begin: { kind: 'begin', argv: terminal.argv, at: began.toISOString() },
    seconds: ({ names }) => perImage * names.length + GRACE,
    start: () =>
      fork(SWEEP_JUDGE, {
        cwd: terminal.cwd,
        env: { ...terminal.env },
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      }),
  });
  let isInterrupted = false;
  void terminal.untilStopped().then(() => {
    isInterrupted = true;
    pool.close();
  });
  try {
    const { images } = await runSweep({
      items: listed.items,
      ledger,
      key,
      policy: gate.policy.stamp.digest,
      judge: (item) => pool.judge(item),
      atOnce: jobs,
      now: terminal.now,
      isOver: () => isInterrupted,
    });
    return { images, isInterrupted };
  } finally {
    pool.close();
  }
}

function codeOf({ images, unresolved }: SweepReport, isReportOnly: boolean) {
  const names = images.flatMap((image) => image.names);
  const open = unresolved.map(() => ({ result: 'undecided' as const }));
  const code = exitCodeFor([...images, ...open], isReportOnly);
  return withAttestation(
    code,
    names.every(({ acted }) => acted?.done !== false),
  );
}

interface SweepView {
  readonly format: SweepFormat;
  readonly file?: string;
}

function readSweepViews(texts: readonly string[]): readonly SweepView[] {
  const views = texts.map((text): SweepView => {
    const [format = '', ...file] = text.split('=');
    if (!isSweepFormat(format))
      throw new PratiqueError('USAGE', {
        what: `${quoted(format)} is not a format`,
        next: `use one of ${Object.keys(SWEEP_FORMATS).join(', ')}`,
      });
    return file.length === 0 ? { format } : { format, file: file.join('=') };
  });
  return views.some(({ file }) => file === undefined) ? views : [{ format: 'text' }, ...views];
}

async function writeSweepViews(
  views: readonly SweepView[],
  report: SweepReport,
  terminal: Terminal,
): Promise<void> {
  const { out, cwd, env } = terminal;
  for (const { format, file } of views) {
    const colour = file === undefined && wantsColour(out, env);
    const text = SWEEP_FORMATS[format](report, { colour, width: out.columns });
    if (file === undefined) out.write(text);
    else await writeFileWhole(resolve(cwd, file), text);
  }
}

function readJobs(text: string | undefined): number {
  return readCount('--jobs', text) ?? availableParallelism();
}

function readCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new PratiqueError('USAGE', {
    what: `${option} ${quoted(text)} is no number`,
    next: 'write one from 1 to 9999',
  });
}

function readAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  throw new PratiqueError('USAGE', {
    what: `--max-age ${quoted(text)} is no duration`,
    next: 'write 90d, 12h or 30m',
  });
}

function nothing(): PratiqueError {
  return new PratiqueError('USAGE', {
    what: 'no image is named',
    next: 'name images or patterns, as in pratique sweep "registry.acme.dev/**", or give - and a list on standard input',
  });
}
