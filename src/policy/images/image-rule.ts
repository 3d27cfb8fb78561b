import { parseImagePattern } from '../../model/image-pattern.ts';
import {
  type PredicateCondition,
  parsePredicatePath,
  type ValueTest,
} from '../../model/predicate-condition.ts';
import type { Signer } from '../../model/trusted.ts';
import { checksOf } from '../checks-file.ts';
import { parseDuration } from '../duration.ts';
import type { ImageRule } from '../policy.ts';
import type { PolicyFile } from '../schema.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Path } from '../yaml-places.ts';
import type { AttestationFile, ConditionFile } from './attestation-schema.ts';
import type { AttestationDemand, ProvenanceDemand } from './demands.ts';
import type { ImageRuleFile } from './image-rule-schema.ts';
import { predicateTypesOf } from './predicate-types.ts';
import type { ProvenanceFile } from './provenance-schema.ts';

/** Understands one entry of `images`; faults are added. */
export function ruleOf(
  rule: ImageRuleFile,
  path: Path,
  own: ReadonlyMap<string, Signer>,
  { file, faults, signers }: Surroundings,
  { signers: written = {} }: PolicyFile,
): ImageRule {
  const named = (names: readonly string[], at: Path): readonly Signer[] =>
    names.flatMap((name, index) => {
      const signer = own.get(name) ?? signers.get(name);
      if (signer === undefined && !Object.hasOwn(written, name))
        faults.add(file, [...at, 'signed-by', index], `no signer has this name: ${name}`);
      return signer === undefined ? [] : [signer];
    });
  const signedBy = named(rule['signed-by'] ?? [], path);
  /** Whoever must have signed a part; where it names nobody, whoever must have signed the image. */
  const signersOf = (names: readonly string[] | undefined, at: Path): readonly Signer[] => {
    // Signed by anybody is signed by nobody: what it says could be anybody's.
    if (names === undefined && rule['signed-by'] === undefined)
      faults.add(file, at, 'by whom? name signers with signed-by, here or for the image');
    const those = names === undefined ? signedBy : named(names, at);
    const stating = those.filter(({ kind }) => kind !== 'notation');
    if (stating.length < those.length && (names !== undefined || stating.length === 0))
      faults.add(
        file,
        at,
        'what notation signs states nothing; name signers by key, or by issuer and identity',
      );
    return stating;
  };
  const seconds = parseDuration(rule['max-age'] ?? '');
  const baseSeconds = parseDuration(rule['base-max-age'] ?? '');
  const { provenance, attestations = [] } = rule;
  return {
    match: parseImagePattern(rule.match),
    signedBy,
    ...(seconds === undefined ? {} : { maxAgeSeconds: seconds }),
    ...(baseSeconds === undefined ? {} : { baseMaxAgeSeconds: baseSeconds }),
    ...(provenance && {
      provenance: provenanceOf(provenance, signersOf(provenance['signed-by'], [...path, 'provenance'])),
    }),
    attestations: attestations.map((one, index) =>
      attestationOf(one, signersOf(one['signed-by'], [...path, 'attestations', index])),
    ),
    checks: checksOf(rule.checks),
  };
}

function provenanceOf(written: ProvenanceFile, signedBy: readonly Signer[]): ProvenanceDemand {
  const { builder, source, ref, tag, runner } = written;
  const [builderVersion, buildType, slsaLevel] = [
    written['builder-version'],
    written['build-type'],
    written['slsa-level'],
  ];
  return {
    signedBy,
    ...(builder === undefined ? {} : { builder }),
    ...(builderVersion === undefined ? {} : { builderVersion }),
    ...(source === undefined ? {} : { source }),
    ...(ref === undefined ? {} : { ref }),
    ...(tag === undefined ? {} : { tag }),
    ...(buildType === undefined ? {} : { buildType }),
    ...(runner === undefined ? {} : { runner }),
    ...(slsaLevel === undefined ? {} : { slsaLevel }),
  };
}

function attestationOf(written: AttestationFile, signedBy: readonly Signer[]): AttestationDemand {
  const { type, verifier, where = [] } = written;
  const seconds = parseDuration(written['max-age'] ?? '');
  const failFrom = written['fail-from'];
  return {
    type,
    predicateTypes: predicateTypesOf(type) ?? [],
    signedBy,
    ...(seconds === undefined ? {} : { maxAgeSeconds: seconds }),
    ...(failFrom === undefined ? {} : { failFrom }),
    ...(verifier === undefined ? {} : { verifier }),
    where: where.map(conditionOf),
  };
}

function conditionOf(written: ConditionFile): PredicateCondition {
  const { field, no } = written;
  const path = field ?? no ?? '';
  return {
    path,
    steps: parsePredicatePath(path),
    of: no === undefined ? 'every' : 'none',
    test: testOf(written),
  };
}

function testOf(written: ConditionFile): ValueTest {
  const { is, matches, exists } = written;
  const [values, least, most] = [written['one-of'], written['at-least'], written['at-most']];
  if (is !== undefined) return { kind: 'one-of', values: [is] };
  if (values !== undefined) return { kind: 'one-of', values };
  if (matches !== undefined) return { kind: 'matches', pattern: matches };
  if (exists !== undefined) return { kind: 'exists', wanted: exists };
  return {
    kind: 'between',
    ...(least === undefined ? {} : { least }),
    ...(most === undefined ? {} : { most }),
  };
}
