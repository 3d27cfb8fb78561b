import type { PratiqueError } from '../errors.ts';
import type { BaseMatch } from '../model/base.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { Location } from '../model/finding.ts';
import type { VouchingPackage } from '../model/package.ts';
import type {
  EarlierVerdict,
  JudgedImage,
  JudgedLayer,
  Ruled,
  RuledFinding,
  Verdict,
} from '../model/verdict.ts';
import { maskBuildStep } from './build-step.ts';
import { inKeyOrder, toJsonText } from './json-text.ts';
import { tallyOf } from './tally.ts';

/** Where the schema of `renderJson` is published; in the package it is `schema/verdict-v1.json`. */
export const VERDICT_SCHEMA = 'https://pratique.dev/schema/verdict-v1.json';

const LISTED = 10_000; // findings of one check: a hostile image must not make a report too long to be written

/**
 * The verdicts for programs: all that is known, in a form that stays. Each field is mapped by hand, so that a
 * change inside changes nothing here unseen. Absent means: does not apply. Foreign texts are as they were, but for
 * what looks like a secret in a build step.
 * Version 1 may gain fields; readers leave alone what they do not know.
 */
export function renderJson(verdicts: readonly Verdict[]): string {
  const count = (result: Verdict['result']) => verdicts.filter((verdict) => verdict.result === result).length;
  return toJsonText({
    schema: VERDICT_SCHEMA,
    version: 1,
    summary: { admitted: count('admitted'), refused: count('refused'), undecided: count('undecided') },
    verdicts: verdicts.map(verdictOf),
  });
}

/** One verdict as it stands in `verdicts`. */
export function verdictOf(verdict: Verdict) {
  const { subject, policy } = verdict;
  const { enforced, warned, demoted, excepted, total, faults } = tallyOf(verdict);
  return {
    name: verdict.name,
    result: verdict.result,
    ...(subject && { subject: bareDescriptorOf(subject) }),
    counts: { findings: total, enforced, warned, demoted, excepted, faults },
    images: verdict.images.map(imageOf),
    leftOut: [...verdict.leftOut],
    policy: { name: policy.name, digest: policy.digest, origin: policy.origin },
    ruleSet: verdict.ruleSet,
    pratique: verdict.pratique,
    startedAt: verdict.startedAt,
    at: verdict.at,
    faults: verdict.faults.map(faultOf),
    notes: [...verdict.notes],
    ...(verdict.reused && { reused: reusedOf(verdict.reused) }),
  };
}

/** The earlier verdict that this one rests on. */
export function reusedOf({ signer, decidedAt, validUntil, attestation }: EarlierVerdict) {
  return { signer, decidedAt, validUntil, attestation };
}

function imageOf({ manifest, platform, base, scanned, layers, ruled }: JudgedImage) {
  return {
    ...(manifest && { manifest: bareDescriptorOf(manifest) }),
    ...(platform === undefined ? {} : { platform }),
    ...(base && { base: baseOf(base) }),
    ...(scanned && {
      scanned: {
        layers: scanned.layers,
        files: scanned.files,
        compressedBytes: scanned.compressedBytes,
        expandedBytes: scanned.expandedBytes,
        contentBytes: scanned.contentBytes,
      },
    }),
    ...(layers && { layers: layers.map(layerOf) }),
    checks: ruled.map(checkOf),
  };
}

/** The approved base that an image stands on. */
export function baseOf({ name, layers, digest, created }: BaseMatch) {
  return {
    name,
    layers,
    ...(digest === undefined ? {} : { digest }),
    ...(created === undefined ? {} : { created }),
  };
}

function checkOf({ outcome, level, findings }: Ruled) {
  return {
    check: outcome.check,
    state: outcome.state,
    level,
    ...(outcome.state === 'passed' && outcome.note !== undefined ? { note: outcome.note } : {}),
    ...(outcome.state === 'unknown' ? { fault: faultOf(outcome.error) } : {}),
    findings: findings.slice(0, LISTED).map(findingOf),
    ...(findings.length > LISTED ? { omitted: findings.length - LISTED } : {}),
  };
}

function findingOf({ finding, level, excepted }: RuledFinding) {
  return {
    rule: finding.rule,
    severity: finding.severity,
    confidence: finding.confidence,
    level,
    ...(finding.demoted === true ? { demoted: true } : {}),
    ...(finding.unread === true ? { unread: true } : {}),
    ...(finding.package && { package: packageOf(finding.package) }),
    ...(excepted && {
      excepted: { reason: excepted.reason, owner: excepted.owner, until: excepted.until },
    }),
    message: finding.message,
    remedy: finding.remedy,
    where: locationOf(finding.where),
    args: inKeyOrder(Object.entries(finding.args)),
    fingerprint: finding.fingerprint,
  };
}

function packageOf({ manager, name, version, by }: VouchingPackage) {
  return { manager, name, ...(version === undefined ? {} : { version }), by };
}

function locationOf({ image, platform, layer, path, offset, visibility, hiddenBy, field }: Location) {
  return {
    ...(image === undefined ? {} : { image }),
    ...(platform === undefined ? {} : { platform }),
    ...(layer && {
      layer: {
        index: layer.index,
        digest: layer.digest,
        ...(layer.from === undefined ? {} : { from: layer.from }),
        ...(layer.createdBy === undefined ? {} : { createdBy: maskBuildStep(layer.createdBy) }),
      },
    }),
    ...(path === undefined ? {} : { path }),
    ...(field === undefined ? {} : { field }),
    ...(offset === undefined ? {} : { offset }),
    ...(visibility === undefined ? {} : { visibility }),
    ...(hiddenBy === undefined ? {} : { hiddenBy }),
  };
}

function layerOf({ index, digest, size, createdBy, from }: JudgedLayer) {
  return {
    index,
    digest,
    size,
    ...(from === undefined ? {} : { from }),
    ...(createdBy === undefined ? {} : { createdBy: maskBuildStep(createdBy) }),
  };
}

function faultOf({ code, problem }: PratiqueError) {
  const { what, where, why, next } = problem;
  return {
    code,
    what,
    ...(where === undefined ? {} : { where }),
    ...(why === undefined ? {} : { why }),
    ...(next === undefined ? {} : { next }),
  };
}

/** Without annotations: these are foreign texts of an index that nobody has looked at, and can hold a secret. */
function bareDescriptorOf({ mediaType, digest, size, artifactType }: Descriptor) {
  return { mediaType, digest, size, ...(artifactType === undefined ? {} : { artifactType }) };
}

/** A descriptor as OCI writes it: the digest as text, annotations as an object. */
export function descriptorOf({ mediaType, digest, size, artifactType, annotations }: Descriptor) {
  return {
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations: inKeyOrder(annotations) }),
  };
}
