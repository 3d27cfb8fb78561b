import { z } from 'zod';
import { DEFAULT_LIMITS, type Limits } from '../io/limits.ts';
import { parsePathPattern } from '../model/path-pattern.ts';
import { admitRule } from './admit/admit-schema.ts';
import { readBaseName } from './base-names.ts';
import { imageRule } from './images/image-rule-schema.ts';
import {
  checks,
  day,
  duration,
  imagePattern,
  level,
  once,
  packagePattern,
  parsed,
  severity,
  signerName,
  words,
} from './schema-parts.ts';
import { signer } from './signers/signer-schema.ts';
import { trustRoot } from './signers/trust-root-schema.ts';

/** What a baseline may leave to the files that extend it. */
export const OPENINGS = [
  'sources.allow',
  'lookalikes.protect',
  'images',
  'checks',
  'exceptions',
  'limits',
  'verdict',
  'bases',
  'admit',
] as const;

const base = once(() =>
  z.union([
    parsed(readBaseName).describe('An image with a tag or digest, or a pattern for bases that images claim'),
    z.strictObject({
      name: words.describe('How reports call it'),
      'diff-ids': z
        .array(words.regex(/^sha256:[0-9a-f]{64}$/, 'a diffID is sha256: and 64 lower-case hex digits'))
        .min(1, 'name the diffID of at least one layer: no layers are the beginning of every image')
        .describe('Of all its layers, lowest first: rootfs.diff_ids of its configuration'),
      created: day.optional().describe('The day on which it was built'),
    }),
  ]),
);

const exception = once(() =>
  z.strictObject({
    rule: words.describe('A rule id, or a check id for all its rules'),
    image: imagePattern.optional(),
    path: parsed(parsePathPattern).optional().describe('A pattern for paths in the image'),
    fingerprint: words.optional().describe('Only the finding with this fingerprint'),
    reason: words,
    owner: words,
    until: day.describe('Last day on which it counts'),
  }),
);

const LONGEST_TIMER = 2_147_483; // seconds; a timer of Node set to more fires at once

function mostOf(name: string): [number, string] {
  const most = name.endsWith('Seconds') ? LONGEST_TIMER : Number.MAX_SAFE_INTEGER;
  return [most, `a limit of this kind is at most ${most}`];
}

const limits = once(() =>
  z.strictObject(
    Object.fromEntries(
      Object.keys(DEFAULT_LIMITS).map((name) => [
        kebab(name),
        z
          .int('a limit is a whole number, of bytes, seconds or pieces')
          .min(1, 'a limit is at least 1')
          .max(...mostOf(name))
          .optional(),
      ]),
    ),
  ),
);

const attest = once(() =>
  z.strictObject({
    sign: z
      .enum(['key', 'keyless', 'none'], 'key, keyless or none was expected')
      .optional()
      .describe('keyless: in the name of whoever the identity token of the CI system names'),
    root: signerName
      .optional()
      .describe('One of trust-roots, for sign: keyless; sigstore, the public instance, where absent'),
    push: z.enum(['referrer', 'none']).optional(),
    'valid-for': duration.optional().describe('How long an attestation counts: 7d'),
  }),
);

const yara = once(() =>
  z
    .strictObject({
      rules: z
        .array(words)
        .min(1, 'name at least one file, or leave yara out')
        .describe('Files that end in .yar or .yara, or folders with a slash at the end'),
      severity: severity.optional().describe('Of findings whose rule has no severity in its meta'),
      files: z
        .enum(['programs', 'all'])
        .optional()
        .describe('Which files the rules are run on: programs and scripts, or every one'),
      'larger-files': z
        .enum(['undecided', 'tell'])
        .optional()
        .describe(
          'What a file larger than limits.yara-file-bytes does: leave the check undecided, or be listed',
        ),
    })
    .describe('YARA rules of your own; npm install @virustotal/yara-x runs them'),
);

/** What a policy file can say. */
const SETTINGS = {
  version: () => z.literal(1, 'this version reads policies of version 1'),
  name: () => words.optional().describe('Shown in every report'),
  extends: () =>
    words
      .refine((text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text), 'only a path can be extended in this version')
      .optional()
      .describe('A baseline that this file adds to, and may only tighten'),
  open: () => z.array(z.enum(OPENINGS)).optional().describe('What a file that extends this one may loosen'),
  sources: () =>
    z
      .strictObject({
        'allow-lists': z.array(words).optional().describe('Files, or folders with a slash at the end'),
        allow: z.array(imagePattern).optional(),
        deny: z.array(imagePattern).optional().describe('Always beats allow'),
        'require-digest': z.enum(['never', 'deploy', 'always']).optional(),
      })
      .optional()
      .describe('Where images may come from. Where this is given, what no line allows is refused'),
  lookalikes: () =>
    z
      .strictObject({
        protect: z
          .array(words)
          .optional()
          .describe('builtin:popular-500, allow-lists, and image names that must not be imitated'),
        'max-distance': z
          .int('1 or 2 was expected')
          .min(1, '1 or 2 was expected')
          .max(2, '1 or 2 was expected')
          .optional(),
        action: level.optional(),
      })
      .optional(),
  'trust-roots': () =>
    z
      .record(signerName, trustRoot())
      .optional()
      .describe('Sigstore instances of your own, named once, used in signers'),
  signers: () => z.record(signerName, signer()).optional().describe('Named once, used in signed-by'),
  images: () => z.array(imageRule()).optional().describe('The first whose match fits decides'),
  admit: () =>
    z
      .array(admitRule())
      .min(1, 'name at least one signer, or leave admit out')
      .optional()
      .describe('Whose verification summaries let an image in'),
  checks: () => checks().optional(),
  'own-packages': () =>
    z
      .array(packagePattern)
      .optional()
      .describe('Packages that are your own work: what is found in their files is never demoted'),
  bases: () =>
    z
      .array(base())
      .min(1, 'name at least one base, or leave bases out')
      .optional()
      .describe('Bases that images may stand on. Where this is given, an image on none of them is refused'),
  'base-findings': () =>
    z.enum(['fail', 'warn']).optional().describe('What is found in layers of the base weighs at most this'),
  rules: () =>
    z
      .array(words)
      .optional()
      .describe('Files of rules of your own: *.yaml as in docs/rules.md, *.toml as gitleaks has them'),
  yara: () => yara().optional(),
  baseline: () =>
    words.optional().describe('A file of findings that are known: check --write-baseline writes it'),
  exceptions: () =>
    z.array(exception()).optional().describe('Shown in every report; one that has run out fails'),
  limits: () => limits().optional(),
  verdict: () =>
    z
      .strictObject({
        'on-error': z
          .literal(
            'fail',
            'fail was expected: what could not be found out is never a pass; set a check to warn, or run with --report-only',
          )
          .optional(),
        attest: attest().optional(),
      })
      .optional(),
};

type Settings = { [name in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[name]> };

/**
 * A policy file, `pratique.yaml`. Unknown settings are refused everywhere: a mistyped one would enforce nothing.
 * Texts stay texts here; `resolve-file.ts` turns them into patterns, seconds and keys.
 * @param written makes only what a file with these settings is read by, which takes less time; absent: all
 */
export function policySchema(written?: object): z.ZodObject<Settings, z.core.$strict> {
  const isAsked = (name: string) =>
    written === undefined || name === 'version' || Object.hasOwn(written, name);
  const asked = Object.entries(SETTINGS).filter(([name]) => isAsked(name));
  return z.strictObject(
    Object.fromEntries(asked.map(([name, make]) => [name, make()])) as unknown as Settings,
  );
}

/** A policy file as it is written. */
export type PolicyFile = z.infer<ReturnType<typeof policySchema>>;
/**
 * An allow-list file, `allowlists/*.yaml`. One file for one owner, so that CODEOWNERS decides who approves.
 */
export const allowListFile = z.strictObject({
  owner: words,
  entries: z.array(
    z.strictObject({
      image: imagePattern,
      tags: z.union([words, z.array(words).min(1)]).optional(),
      digests: z
        .array(
          words.regex(
            /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/,
            'a digest is sha256: and 64 lower-case hex digits',
          ),
        )
        .min(1, 'name at least one digest, or leave digests out')
        .optional(),
      reason: words,
      until: day.optional(),
    }),
  ),
});

/** `imageSeconds` as it is written in a policy: `image-seconds`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The limits that a file sets, by their names in the program. */
export function limitsOf(written: Readonly<Record<string, number | undefined>>): Partial<Limits> {
  const names = Object.keys(DEFAULT_LIMITS).filter((name) => written[kebab(name)] !== undefined);
  return Object.fromEntries(names.map((name) => [name, written[kebab(name)]]));
}
