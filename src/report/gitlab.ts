import { createHash } from 'node:crypto';
import type { Severity } from '../model/finding.ts';
import type { Verdict } from '../model/verdict.ts';
import { formatBuildStep } from './build-step.ts';
import { findingKey } from './finding-key.ts';
import { foreign } from './foreign.ts';
import { toJsonText } from './json-text.ts';
import { codeText, proseText } from './markdown-text.ts';
import { pinnedName } from './next-command.ts';
import { fateWords, layerWords, spotWords } from './place-words.ts';
import { formatCount } from './size.ts';
import { byGravity, type Entry, entriesOf, faultsOf } from './tally.ts';
import { tallyWords } from './tally-words.ts';

/** Of the format that is written here; GitLab reads every 15.x. */
const FORMAT_VERSION = '15.2.1';
const LISTED = 10_000; // findings of one report; GitLab takes no more into its database than it shows
const NAME_LENGTH = 255; // characters
const SITE = 'https://pratique.dev';

const SEVERITY: Readonly<Record<Severity, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  info: 'Info',
};

/**
 * The verdicts as a container-scanning report of GitLab. Its format knows vulnerable packages of an operating system, and we find
 * other things: where a finding lies in no package, the package is the file or the field it was found in, without a version; the
 * operating system is the platform. What the policy excepts is left out, and so is what only tells what a package ships.
 * Whatever is unfinished is a scan of status `failure`: GitLab then closes nothing that was open.
 * @see GitLab, security-report-schemas 15.2, container-scanning-report-format
 */
export function renderGitlab(verdicts: readonly Verdict[]): string {
  const all = verdicts.flatMap((verdict) =>
    entriesOf(verdict)
      .filter(({ weight }) => weight === 'enforced' || weight === 'warned')
      .map((entry) => ({ verdict, entry })),
  );
  const listed = all.toSorted((a, b) => byGravity(a.entry, b.entry)).slice(0, LISTED);
  const seen = new Map<string, number>();
  return toJsonText({
    version: FORMAT_VERSION,
    scan: scanOf(verdicts, all.length - listed.length),
    vulnerabilities: listed.map(({ verdict, entry }) => vulnerabilityOf(verdict, entry, seen)),
    remediations: [],
  });
}

function scanOf(verdicts: readonly Verdict[], omitted: number) {
  const isWhole =
    omitted === 0 &&
    verdicts.length > 0 &&
    verdicts.every((verdict) => verdict.result !== 'undecided' && faultsOf(verdict).length === 0);
  const version = verdicts[0]?.pratique || 'unknown';
  const tool = { id: 'pratique', name: 'pratique', url: SITE, version, vendor: { name: 'pratique' } };
  return {
    analyzer: tool,
    scanner: tool,
    type: 'container_scanning',
    start_time: timeOf(
      verdicts.map(({ startedAt }) => startedAt),
      Math.min,
    ),
    end_time: timeOf(
      verdicts.map(({ at }) => at),
      Math.max,
    ),
    status: isWhole ? 'success' : 'failure',
    messages: [...verdicts.flatMap(messagesOf), ...omittedMessage(verdicts, omitted)],
  };
}

/** `2026-11-21T06:33:06`, UTC; the beginning of time where no date can be read. */
function timeOf(texts: readonly string[], choose: (...times: number[]) => number): string {
  const times = texts.map((text) => Date.parse(text)).filter((time) => !Number.isNaN(time));
  return new Date(times.length === 0 ? 0 : choose(...times)).toISOString().slice(0, 19);
}

function messagesOf(verdict: Verdict) {
  const result = `${foreign(verdict.name, 300)}: ${verdict.result}, ${tallyWords(verdict)}`;
  return [
    { level: 'info', value: result },
    ...faultsOf(verdict).map(({ error, decides }) => ({
      level: decides ? 'fatal' : 'warn',
      value: `${foreign(verdict.name, 300)}: ${foreign(error.message, 1000)} (${error.code})`,
    })),
  ];
}

function omittedMessage(verdicts: readonly Verdict[], omitted: number) {
  if (verdicts.length === 0) return [{ level: 'fatal', value: 'No image was checked: nothing was decided.' }];
  if (omitted === 0) return [];
  return [
    { level: 'fatal', value: `${formatCount(omitted)} more findings are not listed here; see -o json.` },
  ];
}

function vulnerabilityOf(verdict: Verdict, entry: Entry, seen: Map<string, number>) {
  const { finding, weight, check } = entry;
  const rule = foreign(finding.rule, 200) || 'unknown';
  return {
    id: idOf(findingKey(verdict, entry), seen),
    name: foreign(finding.message, NAME_LENGTH - 1),
    description: descriptionOf(verdict, entry),
    severity: SEVERITY[finding.severity],
    solution: foreign(finding.remedy, 2000),
    identifiers: [{ type: 'pratique_rule', name: rule, value: rule }],
    location: locationOf(verdict, entry),
    details: detailsOf({
      check: foreign(check, 200),
      level: weight,
      confidence: finding.confidence,
      fingerprint: foreign(finding.fingerprint, 100),
    }),
  };
}

/** GitLab shows it as Markdown. */
function descriptionOf(verdict: Verdict, { finding, images }: Entry): string {
  const { where } = finding;
  const { layer } = where;
  const step = layer?.createdBy === undefined ? '' : codeText(formatBuildStep(layer.createdBy), 300);
  const parts = [
    `${proseText(finding.message, 600)}.`,
    codeText(spotWords(where)),
    layer === undefined
      ? ''
      : `${layerWords(layer.index, images[0]?.scanned?.layers)}${step === '' ? '' : `, ${step}`}`,
    fateWords(where),
    `Image: ${codeText(pinnedName(verdict) ?? verdict.name)}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function locationOf(verdict: Verdict, { finding, images }: Entry) {
  const { path, field } = finding.where;
  const owner = finding.package;
  return {
    image: foreign(verdict.name, 1000) || 'unknown',
    operating_system: foreign(images[0]?.platform ?? '', 100) || 'unknown',
    dependency: {
      package: { name: foreign(owner?.name ?? path ?? field ?? 'the image itself', 1000) },
      version: foreign(owner?.version ?? '', 100),
    },
  };
}

function detailsOf(values: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, { name, type: 'text', value }]),
  );
}

/** The same in each run for the same finding: a UUID of its key, as GitLab recommends. @see RFC 9562, 5.8 "UUID Version 8" */
function idOf(key: readonly string[], seen: Map<string, number>): string {
  const text = JSON.stringify(key);
  const count = (seen.get(text) ?? 0) + 1;
  seen.set(text, count);
  const hex = createHash('sha256').update(`${text}${count}`).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
