import { ageOf, ageUnknown, secondsSince } from '../build-date.ts';
import type { CheckContext, ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';

const AGED = { what: 'base', setting: 'base-max-age' } as const;

/**
 * Finds images on a base that is older than `base-max-age` of their rule. The date is that of the approved base, and not
 * one that the image claims.
 */
export const baseAge: ConfigCheck = {
  id: 'base.age',
  reads: 'config',
  run(image, { rule, now, base }: CheckContext) {
    const most = rule?.baseMaxAgeSeconds;
    if (most === undefined) return [];
    const match = base?.match;
    if (match === undefined)
      throw base?.unread[0]?.error ?? ageUnknown('no approved base is known to be its own', AGED);
    const { name, created = '' } = match;
    const seconds = secondsSince(created, now, AGED);
    if (seconds <= most) return [];
    return [
      makeFinding(
        {
          rule: 'base.age',
          severity: 'medium',
          confidence: 'high',
          message: `its base ${name} was built ${ageOf(seconds)} ago; the policy allows ${ageOf(most)}`,
          remedy: 'Build the image again on the base of today',
          where: atField(image, 'rootfs.diff_ids'),
          args: { base: name, created, ageSeconds: Math.floor(seconds), maxAgeSeconds: most },
        },
        [name],
      ),
    ];
  },
};
