import { parseDigest } from '../../model/digest.ts';
import { quoted } from '../../model/printable.ts';
import type { Signer } from '../../model/trusted.ts';
import { parseDuration } from '../duration.ts';
import type { AdmitRule } from '../policy.ts';
import type { PolicyFile } from '../schema.ts';
import type { Surroundings } from '../surroundings.ts';
import type { AdmitRuleFile } from './admit-schema.ts';

/** Reads the `admit` of a file; faults are added. */
export function admitRulesOf(
  written: PolicyFile,
  signers: ReadonlyMap<string, Signer>,
  { file, faults, signers: before }: Surroundings,
): readonly AdmitRule[] {
  return (written.admit ?? []).flatMap((rule, index) => {
    const signer = signers.get(rule.signer) ?? before.get(rule.signer);
    if (signer !== undefined) return [admitRuleOf(rule, signer)];
    // One that is there and cannot be read is told where it stands.
    if (!Object.hasOwn(written.signers ?? {}, rule.signer))
      faults.add(file, ['admit', index, 'signer'], `no signer has the name ${quoted(rule.signer)}`);
    return [];
  });
}

function admitRuleOf(written: AdmitRuleFile, signer: Signer): AdmitRule {
  const { verifier, levels, 'policy-digests': digests, 'max-age': maxAge } = written;
  const maxAgeSeconds = maxAge === undefined ? undefined : parseDuration(maxAge);
  return {
    signer,
    ...(verifier === undefined ? {} : { verifier }),
    ...(digests === undefined ? {} : { policyDigests: digests === 'any' ? 'any' : digests.map(parseDigest) }),
    ...(levels === undefined ? {} : { levels }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  };
}
