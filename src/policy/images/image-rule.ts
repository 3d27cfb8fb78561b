import { parseImagePattern } from '../../model/image-pattern.ts';
import type { Signer } from '../../model/trusted.ts';
import { checksOf } from '../checks-file.ts';
import { parseDuration } from '../duration.ts';
import type { ImageRule } from '../policy.ts';
import type { PolicyFile } from '../schema.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Path } from '../yaml-places.ts';
import type { ImageRuleFile } from './image-rule-schema.ts';

/** Understands one entry of `images`; faults are added. */
export function ruleOf(
  rule: ImageRuleFile,
  path: Path,
  own: ReadonlyMap<string, Signer>,
  { file, faults, signers }: Surroundings,
  { signers: written = {} }: PolicyFile,
): ImageRule {
  const signedBy = (rule['signed-by'] ?? []).flatMap((name, index) => {
    const signer = own.get(name) ?? signers.get(name);
    if (signer === undefined && !Object.hasOwn(written, name))
      faults.add(file, [...path, 'signed-by', index], `no signer has this name: ${name}`);
    return signer === undefined ? [] : [signer];
  });
  const seconds = parseDuration(rule['max-age'] ?? '');
  const baseSeconds = parseDuration(rule['base-max-age'] ?? '');
  return {
    match: parseImagePattern(rule.match),
    signedBy,
    ...(seconds === undefined ? {} : { maxAgeSeconds: seconds }),
    ...(baseSeconds === undefined ? {} : { baseMaxAgeSeconds: baseSeconds }),
    unsupported: rule.provenance === undefined ? [] : ['provenance'],
    checks: checksOf(rule.checks),
  };
}
