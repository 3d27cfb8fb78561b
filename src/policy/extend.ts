import { DEFAULT_LIMITS, type Limits } from '../io/limits.ts';
import type { Severity } from '../model/finding.ts';
import { checkNamed, checkOf } from './check-names.ts';
import type { Draft, DraftSources, Opening, Protected } from './draft.ts';
import { knownImages } from './known-images.ts';
import type { CheckSetting } from './policy.ts';
import { kebab } from './schema.ts';
import { isAtLeast, levelOf, settingOf } from './settings.ts';
import { DEFAULTS } from './settle.ts';
import type { Path } from './yaml-places.ts';
import { extendYara } from './yara/yara-draft.ts';

/** Says that a setting of the extending file would loosen its baseline. */
export type Refuse = (path: Path, why: string) => void;

const DIGEST_DEMANDS = ['never', 'deploy', 'always'] as const;
const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];

/**
 * A baseline and the file that extends it, as one: lists add up, single values override. What is not shown to be as
 * tight as the baseline is refused, unless the baseline opens that part:
 * - `sources.allow`: more names, also where the baseline has no sources, as an allowed name is no lookalike
 * - `lookalikes.protect`: a protected name is itself no lookalike, so a name more can loosen
 * - `images`: rules are put before the baseline's; without rules in the baseline they need no opening
 * - `checks`: a lower level, a higher `fail-from`, other options; also inside image rules
 * - `bases`: a base more is one more to stand on, and layers that are not one's own; `base-findings: warn` loosens, too
 * - `admit`: a signer more is one more whose word lets images in
 * - `yara`: another severity, other files; nothing opens that
 * - `exceptions`, `limits` (larger), `verdict` (a longer `valid-for`, another way to sign or push)
 */
export function extend(base: Draft, own: Draft, refuse: Refuse): Draft {
  const guard = guardOf(base, refuse);
  const name = own.name ?? base.name;
  const sources = extendSources(base.sources, own.sources, guard);
  const protect = extendProtected(base.protect, own.protect, guard);
  const maxDistance = own.maxDistance ?? base.maxDistance;
  if (own.maxDistance !== undefined && own.maxDistance < (base.maxDistance ?? DEFAULTS.maxDistance))
    guard('lookalikes.protect', ['lookalikes', 'max-distance'], "it is less than the baseline's");
  if (own.exceptions.some(({ baseline }) => baseline === undefined))
    guard('exceptions', ['exceptions'], 'an exception loosens the baseline');
  if (own.exceptions.some(({ baseline }) => baseline !== undefined))
    guard('exceptions', ['baseline'], 'a known finding that is accepted loosens what is extended');
  requireOwnIds(base.rules, own.rules, refuse);
  const yara = extendYara(base.yara, own.yara, refuse);
  const baseFindings = own.baseFindings ?? base.baseFindings;
  guardBases(base, own, guard);
  if (own.admit.length > 0) guard('admit', ['admit'], 'more signers could let images in');
  if (own.images.length > 0 && base.images.length > 0)
    guard('images', ['images'], "the baseline's own rules decide, and these would come before them");
  const checks = extendChecks(base, own.checks, ['checks'], guard);
  for (const [index, rule] of own.images.entries()) {
    const path = ['images', index, 'checks'];
    extendChecks({ ...base, checks }, rule.checks, path, guard);
    guardRulesBelow(checks, rule.checks, path, guard);
  }
  return {
    ...(name === undefined ? {} : { name }),
    open: own.open.filter((opening) => base.open.includes(opening)),
    ...(sources === undefined ? {} : { sources }),
    ...(protect === undefined ? {} : { protect }),
    ...(maxDistance === undefined ? {} : { maxDistance }),
    trustRoots: new Map([...base.trustRoots, ...own.trustRoots]),
    signers: new Map([...base.signers, ...own.signers]),
    admit: [...base.admit, ...own.admit],
    images: [...own.images, ...base.images],
    checks,
    exceptions: [...base.exceptions, ...own.exceptions],
    rules: [...base.rules, ...own.rules],
    ...(yara && { yara }),
    remarks: [...base.remarks, ...own.remarks],
    ownPackages: [...base.ownPackages, ...own.ownPackages],
    bases: [...base.bases, ...own.bases],
    ...(baseFindings === undefined ? {} : { baseFindings }),
    limits: extendLimits(base.limits, own.limits, guard),
    attest: extendAttest(base.attest, own.attest, guard),
  };
}

/** A rule of one's own can add findings, and must not take the place of one that was demanded. */
function requireOwnIds(base: Draft['rules'], own: Draft['rules'], refuse: Refuse): void {
  const taken = new Set(base.map(({ id }) => id));
  for (const { id } of own)
    if (taken.has(id)) refuse(['rules'], `the file that this one extends has a rule ${id}`);
}

type Guard = (opening: Opening, path: Path, why: string) => void;

function guardOf(base: Draft, refuse: Refuse): Guard {
  return (opening, path, why) => {
    if (!base.open.includes(opening))
      refuse(path, `${why}; the extended file would have to say open: [${opening}]`);
  };
}

function extendSources(
  base: DraftSources | undefined,
  own: DraftSources | undefined,
  guard: Guard,
): DraftSources | undefined {
  if (own === undefined) return base;
  if (own.allow.length > 0) guard('sources.allow', ['sources'], "it allows names beyond the baseline's");
  if (base === undefined) return own;
  const least = base.requireDigest ?? DEFAULTS.requireDigest;
  const wanted = own.requireDigest ?? least;
  if (DIGEST_DEMANDS.indexOf(wanted) < DIGEST_DEMANDS.indexOf(least))
    guard('sources.allow', ['sources', 'require-digest'], `the baseline says ${least}`);
  return { allow: [...base.allow, ...own.allow], deny: [...base.deny, ...own.deny], requireDigest: wanted };
}

function extendProtected(
  base: Protected | undefined,
  own: Protected | undefined,
  guard: Guard,
): Protected | undefined {
  if (own === undefined) return base;
  const { references, namespaces } = base ?? { references: knownImages(), namespaces: [] };
  const known = new Set(references);
  if (own.references.some((name) => !known.has(name)) || own.namespaces.length > 0)
    guard('lookalikes.protect', ['lookalikes', 'protect'], 'a protected name is itself no lookalike');
  return {
    references: [...new Set([...references, ...own.references])],
    namespaces: [...namespaces, ...own.namespaces],
  };
}

function guardBases(base: Draft, own: Draft, guard: Guard): void {
  if (own.bases.length > 0)
    guard('bases', ['bases'], 'images may then stand on more, and less of them is their own');
  if (own.baseFindings === 'warn' && base.baseFindings !== 'warn')
    guard('bases', ['base-findings'], `the baseline says ${DEFAULTS.baseFindings}`);
}

function extendChecks(
  base: Pick<Draft, 'checks'>,
  own: ReadonlyMap<string, CheckSetting>,
  path: Path,
  guard: Guard,
): ReadonlyMap<string, CheckSetting> {
  const merged = new Map(base.checks);
  for (const [id, setting] of own) {
    const least = levelOf(base, undefined, id);
    const before = settingOf(base, undefined, id);
    const from = before.failFrom ?? checkNamed(id)?.failFrom ?? 'low';
    if (!isAtLeast(setting.level, least)) guard('checks', [...path, id], `the baseline says ${least}`);
    if (setting.failFrom !== undefined && isGraver(setting.failFrom, from))
      guard('checks', [...path, id, 'fail-from'], `the baseline says ${from}`);
    if (Object.keys(setting.options).length > 0)
      guard('checks', [...path, id], 'options can only be set in the baseline');
    merged.set(id, { ...before, ...setting, options: { ...before.options, ...setting.options } });
  }
  return merged;
}

/**
 * An image's rule is asked before the policy as a whole, so that its word on a check also goes over what the policy as
 * a whole says of that check's rules: `secrets: warn` there would undo `secrets.github-token: fail` here.
 */
function guardRulesBelow(
  checks: ReadonlyMap<string, CheckSetting>,
  near: ReadonlyMap<string, CheckSetting>,
  path: Path,
  guard: Guard,
): void {
  for (const [id, { level }] of near) {
    for (const [rule, { level: least }] of checks) {
      if (rule === id || near.has(rule) || checkOf(rule)?.id !== id || isAtLeast(level, least)) continue;
      guard('checks', [...path, id], `the baseline says ${least} for ${rule}`);
    }
  }
}

function isGraver(severity: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(than);
}

function extendLimits(base: Partial<Limits>, own: Partial<Limits>, guard: Guard): Partial<Limits> {
  for (const [name, value] of Object.entries(own)) {
    const most = { ...DEFAULT_LIMITS, ...base }[name as keyof Limits];
    if (value > most) guard('limits', ['limits', kebab(name)], `the baseline allows ${most}`);
  }
  return { ...base, ...own };
}

function extendAttest(base: Draft['attest'], own: Draft['attest'], guard: Guard): Draft['attest'] {
  const path = ['verdict', 'attest'];
  const most = base.validForSeconds ?? DEFAULTS.validForSeconds;
  if ((own.validForSeconds ?? 0) > most)
    guard('verdict', [...path, 'valid-for'], `the baseline allows ${most} seconds`);
  for (const name of ['sign', 'push'] as const) {
    const [before, now] = [base[name], own[name]];
    if (before !== undefined && now !== undefined && now !== before)
      guard('verdict', [...path, name], `the baseline says ${before}`);
  }
  if (base.root !== undefined && own.root !== undefined && own.root !== base.root)
    guard('verdict', [...path, 'root'], `the baseline says ${base.root.name}`);
  return { ...base, ...own };
}
