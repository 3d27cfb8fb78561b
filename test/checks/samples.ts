import { createHash, generateKeyPairSync } from 'node:crypto';
import type { CheckContext } from '../../src/checks/check.ts';
import type { Descriptor } from '../../src/model/descriptor.ts';
import { parseDigest } from '../../src/model/digest.ts';
import type { Image, ImageConfig } from '../../src/model/image.ts';
import { parseImagePattern } from '../../src/model/image-pattern.ts';
import { MEDIA } from '../../src/model/media-type.ts';
import type { Signer, VerifiedEvidence } from '../../src/model/trusted.ts';
import { defaultPolicy } from '../../src/policy/default-policy.ts';
import type { CheckSetting, ImageRule, Policy } from '../../src/policy/policy.ts';
import type { ImageFiles } from '../../src/scan/image-files.ts';
import type { ImageScan, LocatedHit } from '../../src/scan/image-scan.ts';
import type { Hit } from '../../src/scan/rule.ts';
import { EMPTY_CONFIG } from '../support/empty-config.ts';
import { filesOf } from './files.ts';

/** The built-in policy: made once, as its digest is over a thousand names. */
export const DEFAULT_POLICY = defaultPolicy();

export const NOW = new Date('2026-11-21T12:00:00Z');

export function descriptorOf(text: string): Descriptor {
  const hex = createHash('sha256').update(text).digest('hex');
  return { mediaType: MEDIA.ociManifest, digest: parseDigest(`sha256:${hex}`), size: text.length };
}

export function imageOf(config: Partial<ImageConfig> = {}): Image {
  return {
    manifest: descriptorOf('manifest'),
    configDescriptor: descriptorOf('config'),
    platform: { os: 'linux', architecture: 'amd64' },
    layers: [],
    parents: [],
    documents: [],
    annotations: new Map(),
    config: {
      ...EMPTY_CONFIG,
      created: '2026-11-01T00:00:00Z',
      user: '10001',
      ...config,
    },
  };
}

export function ruleOf(change: Partial<ImageRule> = {}): ImageRule {
  return { match: parseImagePattern('**'), signedBy: [], attestations: [], checks: new Map(), ...change };
}

export function contextOf(
  policy: Partial<Policy> = {},
  { rule, setting = { level: 'fail', options: {} } }: { rule?: ImageRule; setting?: CheckSetting } = {},
): CheckContext {
  return { policy: { ...DEFAULT_POLICY, ...policy }, ...(rule && { rule }), setting, now: NOW };
}

export function sourcesOf(
  allow: readonly string[],
  deny: readonly string[] = [],
): NonNullable<Policy['sources']> {
  return {
    allow: allow.map((text) => ({ pattern: parseImagePattern(text), origin: 'policy' })),
    deny: deny.map(parseImagePattern),
    requireDigest: 'never',
  };
}

export function publicKey(): string {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

export function keySigner(name: string): Signer {
  return { name, kind: 'key', publicKey: 'not looked at by checks' };
}

export function signatureBy(signer: string): VerifiedEvidence {
  return {
    state: 'verified',
    form: 'cosign-tag',
    signer,
    about: descriptorOf('manifest'),
    from: descriptorOf('signature'),
  };
}

/** What a scan brought up of an image with these hits, this configuration and these files. */
export function scanWith(
  hits: readonly LocatedHit[],
  { config = {}, files = filesOf([]) }: { config?: Partial<ImageConfig>; files?: ImageFiles } = {},
): ImageScan {
  return {
    image: imageOf(config),
    files,
    hits,
    counts: { layers: 1, files: 1, compressedBytes: 1, expandedBytes: 1, contentBytes: 1 },
    notes: [],
  };
}

export function hitOf(check: Hit['check'], change: Partial<Hit> = {}): LocatedHit {
  return {
    hit: {
      check,
      rule: `${check}.sample`,
      severity: 'critical',
      confidence: 'verified',
      offset: 12,
      message: 'Something bad',
      remedy: 'Take it out',
      args: {},
      fingerprint: '0123456789abcdef',
      ...change,
    },
    where: { path: 'srv/app/.env', visibility: 'visible' },
  };
}
