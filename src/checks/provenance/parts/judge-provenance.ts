import { toPratiqueError } from '../../../errors.ts';
import { matchesIdentity } from '../../../model/identity-pattern.ts';
import { quoted } from '../../../model/printable.ts';
import type { Statement } from '../../../model/statement.ts';
import type { Signer, VerifiedEvidence } from '../../../model/trusted.ts';
import type { ProvenanceDemand } from '../../../policy/images/demands.ts';
import { type Provenance, readProvenance } from '../../../trust/predicates/provenance.ts';
import { type BuildFacts, certifiedFacts, namesTwoSources, vouchedFacts } from './build-facts.ts';
import { contradictionOf } from './contradiction.ts';
import { slsaLevelOf } from './slsa-level.ts';
import { isTagIn } from './versions.ts';

/** Why a provenance does not do: the rule, and a printable clause. */
export interface Unmet {
  readonly rule: string;
  readonly why: string;
}

/**
 * Judges one signed provenance by what the policy demands; `undefined` where it meets everything. What a certificate says decides,
 * and the provenance must agree with it; for a key the provenance speaks, as its owner's word.
 */
export function judgeProvenance(
  evidence: VerifiedEvidence & { readonly statement: Statement },
  signer: Signer,
  demand: ProvenanceDemand,
): Unmet | undefined {
  const { statement, certificate } = evidence;
  let provenance: Provenance;
  try {
    provenance = readProvenance(statement);
  } catch (thrown) {
    return { rule: 'provenance.malformed', why: toPratiqueError(thrown).message };
  }
  const contradiction =
    certificate === undefined ? twoSources(provenance) : contradictionOf(provenance, certificate);
  if (contradiction !== undefined) return { rule: 'provenance.contradiction', why: contradiction };
  const facts =
    certificate === undefined ? vouchedFacts(provenance) : certifiedFacts(provenance, certificate);
  return (
    unmetBuilder(facts, demand) ??
    unmetSource(facts, demand) ??
    unmetRef(facts, demand) ??
    unmetBuildType(facts, demand) ??
    unmetRunner(facts, demand) ??
    unmetLevel(slsaLevelOf(signer, certificate), demand)
  );
}

function twoSources(provenance: Provenance): string | undefined {
  return namesTwoSources(provenance) ? 'it names two sources' : undefined;
}

function unmetBuilder(
  { builders }: BuildFacts,
  { builder, builderVersion: range }: ProvenanceDemand,
): Unmet | undefined {
  if (builder === undefined) return undefined;
  const isIt = (name: string) => {
    if (range === undefined) return matchesIdentity(builder, name);
    const at = name.indexOf('@');
    return at >= 0 && matchesIdentity(builder, name.slice(0, at)) && isTagIn(name.slice(at + 1), range);
  };
  if (builders.some(isIt)) return undefined;
  const wanted = range === undefined ? quoted(builder) : `${quoted(builder)} in ${quoted(range)}`;
  return { rule: 'provenance.other-builder', why: other('builder', builders[0], wanted) };
}

function unmetSource({ source }: BuildFacts, { source: wanted }: ProvenanceDemand): Unmet | undefined {
  if (wanted === undefined || (source !== undefined && matchesIdentity(wanted, source))) return undefined;
  return { rule: 'provenance.other-source', why: other('source', source, quoted(wanted)) };
}

function unmetRef({ ref }: BuildFacts, { ref: wanted, tag }: ProvenanceDemand): Unmet | undefined {
  const rule = 'provenance.other-ref';
  if (wanted !== undefined && (ref === undefined || !matchesIdentity(wanted, ref)))
    return { rule, why: other('ref', ref, quoted(wanted)) };
  if (tag !== undefined && (ref === undefined || !isTagIn(ref, tag)))
    return { rule, why: other('ref', ref, `a tag in ${quoted(tag)}`) };
  return undefined;
}

function unmetBuildType(
  { buildType }: BuildFacts,
  { buildType: wanted }: ProvenanceDemand,
): Unmet | undefined {
  if (wanted === undefined || matchesIdentity(wanted, buildType)) return undefined;
  return { rule: 'provenance.other-build-type', why: other('build type', buildType, quoted(wanted)) };
}

function unmetRunner({ isHosted }: BuildFacts, { runner }: ProvenanceDemand): Unmet | undefined {
  if (runner === undefined || isHosted === true) return undefined;
  const why =
    isHosted === undefined
      ? 'nothing that counts says where it was built, and a hosted runner is demanded'
      : "it was built on somebody's own machine, and a hosted runner is demanded";
  return { rule: 'provenance.self-hosted', why };
}

function unmetLevel(level: number, { slsaLevel }: ProvenanceDemand): Unmet | undefined {
  if (slsaLevel === undefined || level >= slsaLevel) return undefined;
  return {
    rule: 'provenance.other-level',
    why: `its builder is held for SLSA Build level ${level}, and ${slsaLevel} is demanded`,
  };
}

function other(what: string, said: string | undefined, wanted: string): string {
  return said === undefined
    ? `nothing that counts says its ${what}, and ${wanted} is demanded`
    : `its ${what} is ${quoted(said)}, and ${wanted} is demanded`;
}
