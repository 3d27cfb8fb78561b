import { ageOf, secondsSince } from '../build-date.ts';
import type { CheckContext, ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';

/**
 * Finds images that are older than `max-age` of their rule. The date is the builder's own word.
 * Source: OCI image-spec v1.1.1, config.md, `created`.
 */
export const freshnessMaxAge: ConfigCheck = {
  id: 'freshness.max-age',
  reads: 'config',
  run(image, { rule, now }: CheckContext) {
    const most = rule?.maxAgeSeconds;
    if (most === undefined) return [];
    const { created = '' } = image.config;
    const seconds = secondsSince(created, now, { what: 'image', setting: 'max-age' });
    if (seconds <= most) return [];
    return [
      makeFinding(
        {
          rule: 'freshness.max-age',
          severity: 'medium',
          confidence: 'high',
          message: `it was built ${ageOf(seconds)} ago; the policy allows ${ageOf(most)}`,
          remedy: 'Build the image again on a base of today',
          where: atField(image, 'created'),
          args: { created, ageSeconds: Math.floor(seconds), maxAgeSeconds: most },
        },
        [],
      ),
    ];
  },
};
