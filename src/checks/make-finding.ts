import { createHash } from 'node:crypto';
import { formatPlatform } from '../model/descriptor.ts';
import type { Finding, Location } from '../model/finding.ts';
import type { Image } from '../model/image.ts';

/**
 * A finding with its fingerprint: 16 hex digits of sha256 over the rule and `same`.
 * @param same what makes it the same thing at the same place in the next run; not its wording, not the image's digest
 */
export function makeFinding(finding: Omit<Finding, 'fingerprint'>, same: readonly string[]): Finding {
  const text = JSON.stringify([finding.rule, ...same]);
  return { ...finding, fingerprint: createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

/** The place of something in an image's configuration: `config.User`. */
export function atField(image: Image, field: string): Location {
  return { image: image.manifest.digest, platform: formatPlatform(image.platform), field };
}
