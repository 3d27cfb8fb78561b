import type { Judgement } from '../rule.ts';
import { entropyOf } from './entropy.ts';
import { isTemplate } from './placeholder.ts';

const WORDS =
  /example|sample|change[_-]?me|placeholder|redacted|replace|insert[_-]|dummy|notreal|invalid|undefined|your[_-]?|[_-]here|xxxx|\*\*\*|\.\.\.\.|deadbeef|lorem|foobar/i;
const HEX_OR_UUID = /^[0-9a-f-]+$/i;
/** Words of a program put together: getAccessTokenForUser, some_long_setting_name. */
const IDENTIFIERS = [
  /^[A-Z]?[a-z]{1,20}[0-9]{0,2}(?:[A-Z][a-z]{2,20}[0-9]{0,2}){1,8}$/,
  /^[a-z]{2,20}(?:[_.-](?:[a-z]{1,20}|[0-9]{1,4})){1,12}$/,
  /^[A-Z]{2,20}(?:[_.-](?:[A-Z]{1,20}|[0-9]{1,4})){1,12}$/,
];

/**
 * Judges a value that stands where the name of a service and a word like "key" announce one, and that has the length
 * and the letters of this service's keys. Rows such as `1234567890` do not speak against it: beside the right name,
 * and in the right shape, people put what works.
 */
export function checkNamedValue(value: string): Judgement {
  if (isTemplate(value) || isMonotonous(value)) return 'refuted';
  if (HEX_OR_UUID.test(value)) return 'plausible';
  if (WORDS.test(value) || IDENTIFIERS.some((form) => form.test(value))) return 'refuted';
  return /[0-9]/.test(value) && /[A-Za-z]/.test(value) ? 'plausible' : 'refuted';
}

/** Far fewer different letters than chance would give: all zeros, `abcabcabc`. */
function isMonotonous(value: string): boolean {
  const letters = value.replace(/[-_.:/]/g, '');
  if (letters.length < 12) return new Set(letters).size < 5;
  return new Set(letters).size < 6 || entropyOf(letters) < Math.min(2.5, Math.log2(letters.length) - 1);
}
