import type { RootInUse } from '../model/root-in-use.ts';
import type { PartKind, RootPart, RootReport } from '../model/trust-report.ts';
import { PUBLIC_GOOD } from '../model/trust-root.ts';
import { foreign } from './foreign.ts';
import { toJsonLine } from './json-text.ts';
import { plural } from './size.ts';
import { type Card, makeCard } from './terminal/card.ts';
import { painter } from './terminal/paint.ts';

export interface TrustOptions {
  readonly format: 'text' | 'json';
  /** cells of the terminal */
  readonly width: number;
}

const KINDS: readonly (readonly [kind: PartKind, label: string])[] = [
  ['certificate-authority', 'authority'],
  ['transparency-log', 'log'],
  ['certificate-log', 'certificates'],
  ['timestamp-authority', 'timestamps'],
];

const FROM: Readonly<Record<RootInUse['from'], string>> = {
  'built-in': 'ships with pratique',
  file: 'a file of the policy',
  cache: 'the cache',
  mirror: 'its mirror, and not kept',
  nowhere: 'nowhere',
};

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];

/** The trust roots in use, for people or for programs. */
export function renderTrust(roots: readonly RootReport[], { format, width }: TrustOptions): string {
  if (format === 'json') return `${toJsonLine({ version: 1, roots: roots.map(jsonOf) }, 2)}\n`;
  return roots.map((root) => `${card(root, width)}\n`).join('');
}

function card(report: RootReport, width: number): string {
  const { inUse, signers, parts, warnings, refresh } = report;
  const { root, from, copy } = inUse;
  const drawn = makeCard(painter(false), width);
  drawn.heading({ text: foreign(root.name, 100) }, { text: root.digest ?? 'not known' });
  put(drawn, 'used by', signers.length === 0 ? 'no signer' : foreign(signers.join(', '), 500));
  put(drawn, 'from', FROM[from]);
  if (root.repository !== undefined) put(drawn, 'mirror', mirrorOf(report));
  if (copy !== undefined) {
    put(drawn, 'fetched', `${minute(copy.fetchedAt)}; the metadata run out ${minute(copy.expires)}`);
    const { root: roots, timestamp, snapshot, targets } = copy.versions;
    put(drawn, 'versions', `root ${roots}, timestamp ${timestamp}, snapshot ${snapshot}, targets ${targets}`);
  }
  put(drawn, 'demands', demandsOf(report).join(', '));
  for (const [kind, label] of KINDS) drawParts(drawn, label, parts, kind);
  if (refresh !== undefined) put(drawn, 'refreshed', refreshOf(report));
  for (const warning of warnings) put(drawn, 'warning', foreign(warning, 800));
  drawn.end({ text: 'for programs' }, { text: 'add -o json' });
  return drawn.lines().join('\n');
}

function mirrorOf({ inUse }: RootReport): string {
  const { mirror = '', refreshSeconds } = inUse.root.repository ?? {};
  const due =
    refreshSeconds === undefined
      ? 'asked by pratique trust refresh alone'
      : `asked by check after ${lasting(refreshSeconds)}`;
  return `${foreign(mirror, 300)}; ${due}`;
}

/** In the largest unit that fits whole, as people write it in the policy. */
function lasting(seconds: number): string {
  const [unit, name] = UNITS.find(([size]) => seconds % size === 0) ?? [1, 'second'];
  return plural(seconds / unit, name);
}

function drawParts(drawn: Card, label: string, parts: readonly RootPart[], kind: PartKind): void {
  for (const { name, from, until } of parts.filter((part) => part.kind === kind)) {
    const start = from === undefined ? 'always' : `since ${day(from)}`;
    put(drawn, label, `${foreign(name, 200)}; ${start}${until === undefined ? '' : `, until ${day(until)}`}`);
  }
}

/** In words that the policy's author can find again in it. */
function demandsOf({ inUse }: RootReport): readonly string[] {
  const { needsLog, needsCertificateLog } = inUse.root;
  return [
    `transparency log ${needsLog ? 'required' : 'none'}`,
    `certificate log ${needsCertificateLog ? 'required' : 'none'}`,
    needsLog ? 'timestamp of the log or an authority' : 'timestamp of an authority',
  ];
}

function refreshOf({ inUse, refresh }: RootReport): string {
  if (refresh === undefined) return '';
  if (refresh.failed !== undefined) return `no: ${foreign(refresh.failed, 800)}`;
  const [before, after] = [refresh.before.root.digest, inUse.root.digest].map((digest) => digest ?? 'none');
  return before === after ? 'yes; nothing new' : `yes; ${before} → ${after}`;
}

function jsonOf({ inUse, signers, parts, warnings, refresh }: RootReport) {
  const { root, from, copy } = inUse;
  return {
    name: root.name,
    builtIn: root.name === PUBLIC_GOOD,
    digest: root.digest ?? null,
    signers: [...signers],
    from,
    mirror: root.repository?.mirror ?? null,
    refreshSeconds: root.repository?.refreshSeconds ?? null,
    fetchedAt: copy?.fetchedAt.toISOString() ?? null,
    metadataExpires: copy?.expires.toISOString() ?? null,
    metadataVersions: copy === undefined ? null : { ...copy.versions },
    demands: { transparencyLog: root.needsLog, certificateLog: root.needsCertificateLog, timestamp: true },
    parts: parts.map(({ kind, name, from: start, until }) => ({
      kind,
      name,
      from: start?.toISOString() ?? null,
      until: until?.toISOString() ?? null,
    })),
    warnings: [...warnings],
    ...(refresh && {
      refresh: {
        succeeded: refresh.failed === undefined,
        before: refresh.before.root.digest ?? null,
        after: root.digest ?? null,
        error: refresh.failed ?? null,
      },
    }),
  };
}

function put(drawn: Card, label: string, text: string): void {
  drawn.row({ text: label }, { text }, { labelCells: 12 });
}

function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
