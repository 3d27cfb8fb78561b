import { createHash } from 'node:crypto';
import type { Digest } from '../model/digest.ts';
import { parseDigest } from '../model/digest.ts';
import { MINER_SIGNS } from './miners/signs/all.ts';
import type { FileRule, MinerSign, RuleSet, SecretRule } from './rule.ts';
import { SECRET_RULES } from './rules/all.ts';
import { FILE_RULES } from './whole-file/all.ts';

/** Raised whenever the code that judges values changes what is found: it is part of the digest, as the data is. */
const ENGINE_REVISION = 5;

/** What the patterns that ship want around a keyword; a test measures them all. */
const REACH = { before: 8016, after: 16_459 } as const;

/** The rules that ship with this version. */
export const RULE_SET: RuleSet = { ...makeRuleSet(SECRET_RULES, MINER_SIGNS, FILE_RULES), reach: REACH };

/** Puts rules together and names the set by a digest over all that decides what it finds. */
export function makeRuleSet(
  secrets: readonly SecretRule[],
  minerSigns: readonly MinerSign[],
  files: readonly FileRule[] = [],
): RuleSet {
  return {
    secrets,
    files,
    minerSigns,
    digest: digestOf(secrets, minerSigns, files),
    counts: { secrets: secrets.length + files.length, minerSigns: minerSigns.length },
  };
}

function digestOf(
  secrets: readonly SecretRule[],
  minerSigns: readonly MinerSign[],
  files: readonly FileRule[],
): Digest {
  const data = {
    engine: ENGINE_REVISION,
    secrets: secrets.map(describeRule).sort(byId),
    files: files.map(describeFileRule).sort(byId),
    signs: minerSigns.map(describeSign).sort(byId),
  };
  return parseDigest(`sha256:${createHash('sha256').update(JSON.stringify(data)).digest('hex')}`);
}

function describeRule(rule: SecretRule): { readonly id: string } {
  return {
    id: rule.id,
    ...{
      keywords: rule.keywords,
      pattern: String(rule.pattern),
      before: rule.before ?? 0,
      places: rule.places === undefined ? null : String(rule.places),
      breadth: rule.breadth ?? 0,
      severity: rule.severity,
      confidence: rule.confidence,
      check: rule.check?.name ?? null,
      checkDecides: rule.checkDecides ?? false,
      minEntropy: rule.minEntropy ?? null,
    },
  };
}

function describeFileRule({ id, path, magic, severity, confidence, judge }: FileRule): {
  readonly id: string;
} {
  const where = { path: path === undefined ? null : String(path), magic: magic ?? null };
  return { id, ...where, ...{ severity, confidence, judge: judge.name } };
}

function describeSign({ id, family, keyword, weight, bounds, acts, pattern, check }: MinerSign): {
  readonly id: string;
} {
  const how = {
    bounds: bounds ?? null,
    acts: acts ?? false,
    pattern: pattern === undefined ? null : String(pattern),
    check: check?.name ?? null,
  };
  return { id, ...{ family, keyword, weight }, ...how };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}
