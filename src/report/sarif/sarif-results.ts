import { createHash } from 'node:crypto';
import type { Verdict } from '../../model/verdict.ts';
import { formatBuildStep } from '../build-step.ts';
import { findingKey, repositoryOf } from '../finding-key.ts';
import { foreign } from '../foreign.ts';
import { packageUrl, packageWords } from '../package-words.ts';
import { fateWords } from '../place-words.ts';
import { byGravity, type Entry, entriesOf, type Fault, faultsOf } from '../tally.ts';
import type { RuleUse, SarifLevel } from './sarif-rules.ts';
import { type Anchor, physicalLocation, sarifText } from './sarif-text.ts';

/** A result, and what it says of its rule. */
export interface SarifResult {
  readonly rule: RuleUse;
  readonly result: Readonly<Record<string, unknown>>;
}

/** The rule under which a run tells what it could not find out. */
export const UNFINISHED = 'pratique.unfinished';

const FAULTS_LISTED = 100; // each is a notification as well, and those are all there

/** Results of one run that GitHub keeps; it drops the rest by an order of its own, and refuses a file with more than 25,000. */
const LISTED = 5_000 - FAULTS_LISTED;

/** The findings that a run lists, and how many more there are. Where there are too many, the gravest are listed. */
export function listedOf(verdict: Verdict): { readonly entries: readonly Entry[]; readonly omitted: number } {
  const entries = entriesOf(verdict);
  if (entries.length <= LISTED) return { entries, omitted: 0 };
  return { entries: [...entries].sort(byGravity).slice(0, LISTED), omitted: entries.length - LISTED };
}

/** A result for each finding; those that the policy excepts are suppressed, not left out. */
export function findingResults(
  verdict: Verdict,
  entries: readonly Entry[],
  anchor: Anchor,
): readonly SarifResult[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => ({
    rule: ruleOf(entry),
    result: {
      level: levelOf(entry),
      message: { text: messageOf(verdict, entry) },
      locations: locationsOf(anchor, logicalLocations(verdict, entry)),
      partialFingerprints: fingerprintsOf(findingKey(verdict, entry), seen),
      suppressions: suppressionsOf(entry),
      properties: propertiesOf(entry),
    },
  }));
}

/** A result for each thing that was not found out, so that no unfinished run looks clean. */
export function faultResults(verdict: Verdict, anchor: Anchor): readonly SarifResult[] {
  const seen = new Map<string, number>();
  const faults = faultsOf(verdict);
  if (faults.length === 0 && verdict.result === 'undecided') return [bareUndecided(verdict, anchor)];
  return faults.slice(0, FAULTS_LISTED).map((fault) => faultResult(verdict, fault, anchor, seen));
}

function faultResult(
  verdict: Verdict,
  { error, decides, checks }: Fault,
  anchor: Anchor,
  seen: Map<string, number>,
): SarifResult {
  const level = decides ? 'error' : 'warning';
  const key = ['unfinished', repositoryOf(verdict.name), error.code, [...checks].sort().join()];
  return {
    rule: unfinishedRule(level),
    result: {
      level,
      message: {
        text: `${sarifText(verdict.name)} could not be judged: ${sarifText(error.message)} (${error.code})`,
      },
      locations: locationsOf(anchor, [imageLocation(verdict)]),
      partialFingerprints: fingerprintsOf(key, seen),
      suppressions: [],
      properties: { code: error.code, checks: [...checks] },
    },
  };
}

function bareUndecided(verdict: Verdict, anchor: Anchor): SarifResult {
  return {
    rule: unfinishedRule('error'),
    result: {
      level: 'error',
      message: { text: `${sarifText(verdict.name)} could not be judged.` },
      locations: locationsOf(anchor, [imageLocation(verdict)]),
      partialFingerprints: fingerprintsOf(['unfinished', repositoryOf(verdict.name)], new Map()),
      suppressions: [],
      properties: {},
    },
  };
}

function unfinishedRule(level: SarifLevel): RuleUse {
  const remedy = 'Look at the reason that the message gives and run pratique again';
  return { id: UNFINISHED, check: 'pratique', level, severity: 'high', confidence: 'verified', remedy };
}

function ruleOf(entry: Entry): RuleUse {
  const { rule, severity, confidence, remedy } = entry.finding;
  return {
    id: foreign(rule, 200),
    check: foreign(entry.check, 200),
    level: levelOf(entry),
    severity,
    confidence,
    remedy,
  };
}

/** Enforced findings are errors, whatever their severity: they refuse the image. */
function levelOf({ weight }: Entry): SarifLevel {
  return weight === 'enforced' ? 'error' : weight === 'warned' ? 'warning' : 'note';
}

function messageOf(verdict: Verdict, { finding, images }: Entry): string {
  const { layer, path, field, visibility } = finding.where;
  const place = path ?? field;
  const platforms = images.flatMap(({ platform }) => platform ?? []);
  const step =
    layer?.createdBy === undefined ? '' : `, made by ${foreign(formatBuildStep(layer.createdBy), 200)}`;
  const clauses = [
    ...(place === undefined ? [] : [`in ${foreign(place, 300)}`]),
    ...(finding.demoted === true && finding.package ? [`as ${packageWords(finding.package)} ships it`] : []),
    ...(layer === undefined
      ? []
      : [`layer ${layer.index + 1}${layer.from === 'base' ? ', of the base' : ''}${step}`]),
    ...(visibility === undefined || visibility === 'visible' ? [] : [fateWords(finding.where)]),
  ];
  const image = `${foreign(verdict.name, 300)}${platforms.length === 0 ? '' : ` (${platforms.map((p) => foreign(p, 60)).join(', ')})`}`;
  return sarifText(
    `${image}: ${[foreign(finding.message), ...clauses].join('; ')}. ${foreign(finding.remedy)}.`,
  );
}

function suppressionsOf({ excepted }: Entry) {
  if (excepted === undefined) return [];
  const justification = sarifText(`${excepted.reason} (${excepted.owner}, until ${excepted.until})`);
  return [{ kind: 'external', status: 'accepted', justification }];
}

/** The place that a viewer shows, and after it every other one that would have to be changed, too. */
function locationsOf(anchor: Anchor, logical: readonly object[]) {
  return [
    { ...physicalLocation(anchor), logicalLocations: logical },
    ...(anchor.others ?? []).map((other) => physicalLocation(other)),
  ];
}

function logicalLocations(verdict: Verdict, { finding }: Entry) {
  const { layer, path, field } = finding.where;
  const image = imageLocation(verdict);
  const within =
    layer === undefined ? image.fullyQualifiedName : `${image.fullyQualifiedName}/${layer.digest}`;
  const place = path ?? field;
  return [
    image,
    ...(layer === undefined
      ? []
      : [{ name: `layer ${layer.index + 1}`, fullyQualifiedName: within, kind: 'namespace' }]),
    ...(place === undefined
      ? []
      : [
          {
            name: lastPart(place),
            fullyQualifiedName: `${within}/${foreign(place, 4096)}`,
            kind: 'resource',
          },
        ]),
  ];
}

function imageLocation({ name, subject }: Verdict) {
  const whole = subject === undefined ? '' : `@${subject.digest}`;
  return {
    name: foreign(name),
    fullyQualifiedName: `${foreign(repositoryOf(name))}${whole}`,
    kind: 'module',
  };
}

function lastPart(path: string): string {
  return foreign(path.slice(path.lastIndexOf('/') + 1) || path);
}

/**
 * GitHub compares `primaryLocationLineHash` alone, and would compute it from the anchor's line, where all results
 * stand: every finding of a rule would be one alert. So it is ours, in the form that GitHub uses: `hash:count`.
 */
function fingerprintsOf(key: readonly string[], seen: Map<string, number>) {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 16);
  const count = (seen.get(hash) ?? 0) + 1;
  seen.set(hash, count);
  return { primaryLocationLineHash: `${hash}:${count}`, 'pratiqueFinding/v1': `${hash}:${count}` };
}

function layerOf({ index, digest, from }: NonNullable<Entry['finding']['where']['layer']>) {
  return { index, digest, ...(from === undefined ? {} : { from }) };
}

function propertiesOf({ check, finding, images, weight }: Entry) {
  const { layer, path, field, offset, visibility, hiddenBy } = finding.where;
  return {
    check,
    weight,
    severity: finding.severity,
    confidence: finding.confidence,
    fingerprint: finding.fingerprint,
    platforms: images.flatMap(({ platform }) => platform ?? []),
    ...(finding.package && { package: packageUrl(finding.package), vouchedBy: finding.package.by }),
    ...(layer === undefined ? {} : { layer: layerOf(layer) }),
    ...(path === undefined ? {} : { path }),
    ...(field === undefined ? {} : { field }),
    ...(offset === undefined ? {} : { offset }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(hiddenBy === undefined ? {} : { hiddenBy }),
  };
}
