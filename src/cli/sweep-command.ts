import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { PratiqueError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { quoted } from '../model/printable.ts';
import { formatReference, type Reference } from '../model/reference.ts';
import { parseDuration } from '../policy/duration.ts';
import { plural } from '../report/size.ts';
import { SWEEP_FORMATS } from '../report/sweep/sweep-formats.ts';
import type { SweepReport } from '../report/sweep/sweep-report.ts';
import { readTagPatterns } from '../sweep/choose-tags.ts';
import { Ledger } from '../sweep/ledger.ts';
import { type ListedImages, listImages } from '../sweep/list-images.ts';
import { runSweep } from '../sweep/run-sweep.ts';
import { timeOf } from '../sweep/sweep-key.ts';
import type { SweepWatch } from '../sweep/sweep-watch.ts';
import type { Wanted } from '../sweep/wanted.ts';
import type { Command } from './command-line.ts';
import { many, one } from './common-options.ts';
import { exitCodeFor, INTERRUPTED, withAttestation } from './exit-code.ts';
import { boardOption, readBoard } from './queue-board.ts';
import { queueOptions, readRates } from './queue-options.ts';
import { type Judges, jobsOption, openJudges, readCount, readJobs } from './sweep-judges.ts';
import { metricsOption, openSweepMetrics } from './sweep-metrics.ts';
import { readSelection, selectionDigest, selectionOptions } from './sweep-selection.ts';
import { readSweepSetting, type SweepSetting, sweepSettingOptions } from './sweep-setting.ts';
import { readSweepViews, writeSweepViews } from './sweep-views.ts';
import { type Terminal, warnTo } from './terminal.ts';

const LOOKED_UP_AT_ONCE = 8;

/** `pratique sweep`: judge a whole registry. */
export const sweepCommand: Command = {
  options: (parser) => runOptions(selectionOptions(sweepSettingOptions(parser))),
  async run(options, terminal) {
    const views = readSweepViews(many(options, 'output') ?? []);
    const jobs = readJobs(options);
    readRates(options); // what is wrong with these is told before anything is asked
    readBoard(options, terminal);
    const fresh = await readSweepSetting(options, terminal, terminal.now());
    const { wanted, unread } = await readSelection(options, terminal);
    const selection = selectionDigest(wanted, options);
    const metrics = await openSweepMetrics(options);
    const ledger = await Ledger.open(
      resolve(terminal.cwd, one(options, 'ledger') ?? 'pratique-sweep.ledger'),
    );
    try {
      const unfinished = ledger.unfinished(fresh.key, selection, terminal.now().getTime());
      const setting = { ...fresh, key: unfinished ?? fresh.key };
      const listed = await list(wanted, setting.gate, options, terminal);
      const before = ledger.endedBefore(setting.key);
      const earlier = before === undefined ? undefined : ledger.seenBy(before);
      const judges = await openJudges(
        { setting, jobs, began: timeOf(setting.key), watch: metrics.watch },
        options,
        terminal,
      );
      const { images, isInterrupted } = await judge(
        listed,
        { ledger, setting, selection, judges, watch: metrics.watch },
        terminal,
      );
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
      await metrics.close();
      await ledger.close();
    }
  },
};

function runOptions(parser: Argv): Argv {
  return boardOption(metricsOption(queueOptions(jobsOption(parser))))
    .option('rate', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe:
        'With a queue: images that may be begun, as 60/m for each registry or ghcr.io=10/s for one; repeatable',
    })
    .option('ledger', {
      type: 'string',
      requiresArg: true,
      describe: 'The file that records what is judged; default pratique-sweep.ledger',
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
    .example('$0 sweep --pods pods.json', 'what a cluster runs')
    .example(
      '$0 sweep "registry.acme.dev/**" --queue redis://queue.acme.dev',
      'by workers on other machines',
    );
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
      `${plural(listed.items.length, 'image')} to judge` +
        `${listed.leftOut > 0 ? `, ${plural(listed.leftOut, 'name')} left out` : ''}` +
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
  readonly setting: SweepSetting;
  readonly selection: string;
  readonly judges: Judges;
  readonly watch: SweepWatch;
}

async function judge(
  listed: ListedImages,
  { ledger, setting, selection, judges, watch }: Judging,
  terminal: Terminal,
) {
  const { gate, key } = setting;
  let isInterrupted = false;
  void terminal.untilStopped().then(() => {
    isInterrupted = true;
    return judges.end();
  });
  try {
    const { images } = await runSweep({
      items: listed.items,
      ledger,
      key,
      policy: gate.policy.stamp.digest,
      wanted: selection,
      judge: judges.judge,
      watch,
      atOnce: judges.atOnce,
      now: terminal.now,
      isOver: () => isInterrupted,
    });
    return { images, isInterrupted };
  } finally {
    await judges.end();
  }
}

function codeOf({ images, unresolved, unjudged }: SweepReport, isReportOnly: boolean) {
  const names = images.flatMap((image) => image.names);
  const open = unresolved.length + unjudged > 0 ? [{ result: 'undecided' as const }] : [];
  const code = exitCodeFor([...images, ...open], isReportOnly);
  return withAttestation(
    code,
    names.every(({ acted }) => acted?.done !== false),
  );
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
