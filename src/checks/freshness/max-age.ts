import { PratiqueError } from '../../errors.ts';
import { excerpt } from '../../model/printable.ts';
import type { CheckContext, ConfigCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';

const DAY = 86_400; // seconds
/** Dates up to here are put in by builds that leave the true one out: 0001, 1970, 1980 and a few seconds. */
const FIRST_TRUE_DATE = Date.UTC(2000, 0, 1);
/** RFC 3339, section 5.6 */
const DATE = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

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
    const seconds = (now.getTime() - dateOf(created, now)) / 1000;
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

/** Milliseconds since 1970. @throws {PratiqueError} `AGE_UNKNOWN` where the image does not say, or cannot be believed */
function dateOf(created: string, now: Date): number {
  const time = DATE.test(created) ? Date.parse(created) : Number.NaN;
  if (created === '') throw unknown('it does not say when it was built');
  if (Number.isNaN(time)) throw unknown(`${excerpt(created, 40)} is no date`);
  if (time < FIRST_TRUE_DATE) throw unknown(`it says ${excerpt(created, 40)}, as reproducible builds do`);
  if (time > now.getTime() + DAY * 1000)
    throw unknown(`it says ${excerpt(created, 40)}, which is yet to come`);
  return time;
}

function unknown(why: string): PratiqueError {
  return new PratiqueError('AGE_UNKNOWN', {
    what: 'the age of the image cannot be found out',
    why,
    next: 'build it with a date, or take max-age out of the rule for this image',
  });
}

function ageOf(seconds: number): string {
  const days = Math.floor(seconds / DAY);
  if (days >= 1) return days === 1 ? '1 day' : `${days} days`;
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`;
}
