import { z } from 'zod';
import { PratiqueError } from '../errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../io/limits.ts';
import { requireIdentityPattern } from '../model/identity-pattern.ts';
import { parseImagePattern } from '../model/image-pattern.ts';
import { parsePackagePattern } from '../model/package-pattern.ts';
import { parsePathPattern } from '../model/path-pattern.ts';
import { readBaseName } from './base-names.ts';
import { CHECK_NAMES, checkOf } from './check-names.ts';
import { isDay, parseDuration } from './duration.ts';

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
] as const;

/** A text that `parse` takes; its message is the fault. */
export function parsed(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (thrown) {
      if (!(thrown instanceof PratiqueError)) throw thrown;
      context.addIssue({ code: 'custom', message: thrown.message });
    }
  });
}

const imagePattern = parsed(parseImagePattern).describe(
  'A pattern for image names: * inside a part, ** any depth, no tag = any tag',
);
const packagePattern = parsed(parsePackagePattern).describe(
  'A manager and a pattern for names: npm:@acme/*, deb:acme-*',
);
const duration = z
  .string()
  .refine(
    (text) => parseDuration(text) !== undefined,
    'a duration is a number and s, m, h, d or w: 90d, 12h, 30m',
  )
  .meta({ pattern: '^[1-9][0-9]{0,4}[smhdw]$' });
const day = z
  .string()
  .refine(isDay, 'a day is written YYYY-MM-DD: 2027-01-31')
  .meta({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
const words = z.string().trim().min(1, 'a word is needed here');
const signerName = z
  .string()
  .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, 'a name has lower-case letters, digits and dashes: acme-release');

const level = z.enum(['fail', 'warn', 'off']);
const severity = z.enum(['info', 'low', 'medium', 'high', 'critical']);
const failFrom = severity.describe('Least severity that fails; findings below it only warn');
const setting = z.union([level, z.strictObject({ level, 'fail-from': failFrom.optional() })]);
const port = z
  .int('a port is a whole number')
  .min(1, 'a port is at least 1')
  .max(65_535, 'a port is at most 65535');
const portSetting = z.union([
  level,
  z.strictObject({
    level,
    'fail-from': failFrom.optional(),
    ports: z.array(port).min(1, 'name at least one port').optional(),
  }),
]);

/** Levels by check id or rule id. An id that no check has is refused: it would enforce nothing. */
const checks = z
  .object(
    Object.fromEntries(
      CHECK_NAMES.map(({ id, about }) => [
        id,
        (id === 'hygiene.admin-ports' ? portSetting : setting).optional().describe(about),
      ]),
    ),
  )
  .catchall(setting)
  .superRefine((settings, context) => {
    for (const id of Object.keys(settings)) {
      if (checkOf(id) === undefined)
        context.addIssue({
          code: 'custom',
          path: [id],
          message: `there is no such check; there are ${CHECK_NAMES.map((check) => check.id).join(', ')}, and their rules`,
        });
    }
  });

const signer = z.union([
  z.strictObject({
    issuer: z.url('an issuer is a URL: https://token.actions.githubusercontent.com'),
    identity: parsed(requireIdentityPattern).describe(
      'Whom the certificate names; * stands for any run of characters but / and @',
    ),
    root: signerName.optional().describe('One of trust-roots; sigstore, the public instance, where absent'),
  }),
  z.strictObject({ key: words.describe('A file, env://NAME, or the PEM itself') }),
]);

const trustRoot = z.strictObject({
  file: words.describe('A trusted_root.json'),
  'transparency-log': z
    .enum(['required', 'none'])
    .optional()
    .describe('Whether a signature must be in one of its logs; required where absent'),
  'certificate-log': z
    .enum(['required', 'none'])
    .optional()
    .describe('Whether a certificate must be in one of its logs; required where absent'),
});

const imageRule = z.strictObject({
  match: imagePattern,
  'signed-by': z.array(signerName).min(1, 'name at least one signer, or leave signed-by out').optional(),
  provenance: z
    .strictObject({
      builder: words.optional(),
      source: words.optional(),
      'slsa-level': z
        .int('a level is a whole number')
        .min(1, 'a level is 1 to 4')
        .max(4, 'a level is 1 to 4')
        .optional(),
    })
    .optional(),
  'max-age': duration.optional().describe('Age of the image at most: 90d'),
  'base-max-age': duration.optional().describe('Age of the base of the image at most: 30d'),
  checks: checks.optional(),
});

const base = z.union([
  parsed(readBaseName).describe('An image with a tag or digest, or a pattern for bases that images claim'),
  z.strictObject({
    name: words.describe('How reports call it'),
    'diff-ids': z
      .array(words.regex(/^sha256:[0-9a-f]{64}$/, 'a diffID is sha256: and 64 lower-case hex digits'))
      .min(1, 'name the diffID of at least one layer: no layers are the beginning of every image')
      .describe('Of all its layers, lowest first: rootfs.diff_ids of its configuration'),
    created: day.optional().describe('The day on which it was built'),
  }),
]);

const exception = z.strictObject({
  rule: words.describe('A rule id, or a check id for all its rules'),
  image: imagePattern.optional(),
  path: parsed(parsePathPattern).optional().describe('A pattern for paths in the image'),
  fingerprint: words.optional().describe('Only the finding with this fingerprint'),
  reason: words,
  owner: words,
  until: day.describe('Last day on which it counts'),
});

const LONGEST_TIMER = 2_147_483; // seconds; a timer of Node set to more fires at once

function mostOf(name: string): [number, string] {
  const most = name.endsWith('Seconds') ? LONGEST_TIMER : Number.MAX_SAFE_INTEGER;
  return [most, `a limit of this kind is at most ${most}`];
}

const limits = z.strictObject(
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
);

const attest = z.strictObject({
  sign: z
    .enum(['key', 'none'], 'key or none was expected; keyless signing is not in this version')
    .optional(),
  push: z.enum(['referrer', 'none']).optional(),
  'valid-for': duration.optional().describe('How long an attestation counts: 7d'),
});

const yara = z
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
  .describe('YARA rules of your own; npm install @virustotal/yara-x runs them');

/**
 * A policy file, `pratique.yaml`. Unknown settings are refused everywhere: a mistyped one would enforce nothing.
 * Texts stay texts here; `resolve-file.ts` turns them into patterns, seconds and keys.
 */
export const policyFile = z.strictObject({
  version: z.literal(1, 'this version reads policies of version 1'),
  name: words.optional().describe('Shown in every report'),
  extends: words
    .refine((text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text), 'only a path can be extended in this version')
    .optional()
    .describe('A baseline that this file adds to, and may only tighten'),
  open: z.array(z.enum(OPENINGS)).optional().describe('What a file that extends this one may loosen'),
  sources: z
    .strictObject({
      'allow-lists': z.array(words).optional().describe('Files, or folders with a slash at the end'),
      allow: z.array(imagePattern).optional(),
      deny: z.array(imagePattern).optional().describe('Always beats allow'),
      'require-digest': z.enum(['never', 'deploy', 'always']).optional(),
    })
    .optional()
    .describe('Where images may come from. Where this is given, what no line allows is refused'),
  lookalikes: z
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
  'trust-roots': z
    .record(signerName, trustRoot)
    .optional()
    .describe('Sigstore instances of your own, named once, used in signers'),
  signers: z.record(signerName, signer).optional().describe('Named once, used in signed-by'),
  images: z.array(imageRule).optional().describe('The first whose match fits decides'),
  checks: checks.optional(),
  'own-packages': z
    .array(packagePattern)
    .optional()
    .describe('Packages that are your own work: what is found in their files is never demoted'),
  bases: z
    .array(base)
    .min(1, 'name at least one base, or leave bases out')
    .optional()
    .describe('Bases that images may stand on. Where this is given, an image on none of them is refused'),
  'base-findings': z
    .enum(['fail', 'warn'])
    .optional()
    .describe('What is found in layers of the base weighs at most this'),
  rules: z
    .array(words)
    .optional()
    .describe('Files of rules of your own: *.yaml as in docs/rules.md, *.toml as gitleaks has them'),
  yara: yara.optional(),
  baseline: words.optional().describe('A file of findings that are known: check --write-baseline writes it'),
  exceptions: z.array(exception).optional().describe('Shown in every report; one that has run out fails'),
  limits: limits.optional(),
  verdict: z
    .strictObject({
      'on-error': z
        .literal(
          'fail',
          'fail was expected: what could not be found out is never a pass; set a check to warn, or run with --report-only',
        )
        .optional(),
      attest: attest.optional(),
    })
    .optional(),
});

/** A policy file as it is written. */
export type PolicyFile = z.infer<typeof policyFile>;
/** One entry of `images:`. */
export type ImageRuleFile = z.infer<typeof imageRule>;
/** `checks:`, of the policy or of one of its image rules. */
export type ChecksFile = Readonly<
  Record<string, z.infer<typeof setting> | z.infer<typeof portSetting> | undefined>
>;

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
