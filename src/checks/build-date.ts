import { PratiqueError } from '../errors.ts';
import { excerpt } from '../model/printable.ts';

const DAY = 86_400; // seconds
/** Dates up to here are put in by builds that leave the true one out: 0001, 1970, 1980 and a few seconds. */
const FIRST_TRUE_DATE = Date.UTC(2000, 0, 1);
/** RFC 3339, section 5.6 */
const DATE = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Whose age is asked for, and the setting that asks. */
interface Aged {
  readonly what: 'image' | 'base';
  readonly setting: string;
}

/**
 * Seconds since something was built.
 * @param created RFC 3339; empty where nothing is said
 * @throws {PratiqueError} `AGE_UNKNOWN` where nothing is said, or what is said cannot be believed
 */
export function secondsSince(created: string, now: Date, aged: Aged): number {
  const unknown = (why: string) => ageUnknown(why, aged);
  const time = DATE.test(created) ? Date.parse(created) : Number.NaN;
  if (created === '') throw unknown('it does not say when it was built');
  if (Number.isNaN(time)) throw unknown(`${excerpt(created, 40)} is no date`);
  if (time < FIRST_TRUE_DATE) throw unknown(`it says ${excerpt(created, 40)}, as reproducible builds do`);
  if (time > now.getTime() + DAY * 1000)
    throw unknown(`it says ${excerpt(created, 40)}, which is yet to come`);
  return (now.getTime() - time) / 1000;
}

/** Says that an age cannot be found out. */
export function ageUnknown(why: string, { what, setting }: Aged): PratiqueError {
  return new PratiqueError('AGE_UNKNOWN', {
    what: `the age of the ${what} cannot be found out`,
    why,
    next: `build it with a date, or take ${setting} out of the rule for this image`,
  });
}

/** An age for people: `112 days`. */
export function ageOf(seconds: number): string {
  const days = Math.floor(seconds / DAY);
  if (days >= 1) return days === 1 ? '1 day' : `${days} days`;
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`;
}
