import { createHash } from 'node:crypto';
import type { ApprovedBase } from '../model/base.ts';
import type { CustomRule } from '../model/custom-rule.ts';
import { type Digest, parseDigest } from '../model/digest.ts';
import { formatImagePattern } from '../model/image-pattern.ts';
import { formatPackagePattern } from '../model/package-pattern.ts';
import { formatReference } from '../model/reference.ts';
import type { Signer } from '../model/trusted.ts';
import type { YaraSetting } from '../model/yara-setting.ts';
import { formatAllowEntry } from './allow-entry.ts';
import { CHECK_NAMES } from './check-names.ts';
import type { CheckSetting, Exception, ImageRule, Policy, Sources } from './policy.ts';
import { settingOf } from './settings.ts';
import { identify } from './signers/signer-file.ts';
import { identifyRoot } from './signers/trust-root-file.ts';

type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [name: string]: Plain | undefined };

/**
 * The digest of a policy: sha256 over everything in it that can decide, in one canonical JSON form. The same for every way
 * to write the same policy (comments, order of keys and lists where order says nothing, files and lines); another
 * as soon as an allowed name, a key, a level, a limit, an exception or a default of this version differs. `admit` is not in it: it
 * decides about verdicts and not in them, and a policy could not name its own digest among those that count.
 */
export function digestOf(policy: Omit<Policy, 'stamp'>): Digest {
  const text = canonical(plain(policy));
  return parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
}

function plain(policy: Omit<Policy, 'stamp'>): Plain {
  const { sources, lookalikes, signers, images, checks, exceptions, rules, ownPackages, limits, attest } =
    policy;
  const defaults = CHECK_NAMES.filter(({ id }) => !checks.has(id)).map(
    ({ id }) => [id, settingOf({ checks: new Map() }, undefined, id)] as const,
  );
  return {
    form: 'pratique-policy-v1',
    sources: sources === undefined ? null : plainSources(sources),
    lookalikes: {
      protect: sorted(lookalikes.protect.map(formatReference)),
      namespaces: sorted(lookalikes.namespaces ?? []),
      maxDistance: lookalikes.maxDistance,
    },
    signers: Object.fromEntries([...signers].map(([name, signer]) => [name, identify(signer)])),
    images: images.map(plainRule),
    checks: plainChecks([...checks, ...defaults]),
    exceptions: exceptions.map(plainException),
    rules: rules.map(plainCustomRule),
    yara: policy.yara && plainYara(policy.yara),
    ownPackages: sorted(ownPackages.map(formatPackagePattern)),
    bases: policy.bases.map(plainBase),
    baseFindings: policy.baseFindings,
    limits: { ...limits },
    attest: { ...attest, root: attest.root && identifyRoot(attest.root) },
  };
}

function plainSources({ allow, deny, requireDigest }: Sources): Plain {
  return {
    allow: sorted(allow.map((entry) => `${formatAllowEntry(entry)} ${entry.until ?? ''}`)),
    deny: sorted(deny.map(formatImagePattern)),
    requireDigest,
  };
}

/** In their order: of two bases with the same layers the first gives its name and its date. */
function plainBase(base: ApprovedBase): Plain {
  if (base.kind === 'image') return { image: formatReference(base.reference) };
  if (base.kind === 'pattern') return { pattern: formatImagePattern(base.pattern) };
  return { name: base.name, diffIds: base.diffIds, created: base.created };
}

function plainRule({
  match,
  signedBy,
  maxAgeSeconds,
  baseMaxAgeSeconds,
  provenance,
  attestations,
  checks,
}: ImageRule): Plain {
  return {
    match: formatImagePattern(match),
    signedBy: sorted(signedBy.map(({ name }) => name)),
    maxAgeSeconds,
    baseMaxAgeSeconds,
    provenance: provenance && plainDemand(provenance),
    attestations: attestations.map(({ where, ...demand }) => ({
      ...plainDemand(demand),
      where: where.map(({ path, of, test }) => ({ path, of, test: { ...test } })),
    })),
    checks: plainChecks([...checks]),
  };
}

/** A demand that names signers, with their names for them. */
function plainDemand<T extends { readonly signedBy: readonly Signer[] }>({ signedBy, ...rest }: T) {
  return { ...rest, signedBy: sorted(signedBy.map(({ name }) => name)) };
}

function plainChecks(checks: readonly (readonly [string, CheckSetting])[]): Plain {
  return Object.fromEntries(
    checks.map(([id, { level, failFrom, options }]) => [id, { level, failFrom, options: options as Plain }]),
  );
}

function plainException({ image, baseline: _, ...rest }: Exception): Plain {
  return { ...rest, image: image === undefined ? undefined : formatImagePattern(image) };
}

/** Without what only proves or explains it. */
function plainCustomRule(rule: CustomRule): Plain {
  const { examples: _, counterExamples: __, places: ___, shown: ____, allow, ...rest } = rule;
  return { ...rest, allow: allow.map((one) => ({ ...one })) };
}

/** Of the files of rules what is in them, wherever they lie. */
function plainYara({ sources, ...rest }: YaraSetting): Plain {
  const texts = sources.map(({ text }) => createHash('sha256').update(text).digest('hex'));
  return { ...rest, texts: sorted(texts) };
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}

/** JSON with the keys of every object in order and no white space; what is undefined is left out. */
function canonical(value: Plain | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const object = value as { readonly [name: string]: Plain | undefined };
  const names = Object.keys(object)
    .filter((name) => object[name] !== undefined)
    .sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(object[name])}`).join(',')}}`;
}
