import type { Judgement } from '../rule.ts';
import { entropyOf } from './entropy.ts';
import { isMadeUp, isTemplate } from './placeholder.ts';
import { isRandomValue } from './random-value.ts';

const WORDS =
  /example|sample|change[_-]?me|placeholder|redacted|replace|insert[_-]|dummy|notreal|invalid|undefined|your[_-]|[_-]here|\*\*\*|\.\.\.\.|deadbeef|lorem|foobar/i;
/** Words so short that chance draws them in mixed case: one value in twenty thousand has `yOUr` or `xXXx`. */
const SHORT_WORDS = /your|Your|YOUR|xxxx|XXXX/;
const HEX_OR_UUID = /^[0-9a-f-]+$/i;
/** Words of a program put together: getAccessTokenForUser, some_long_setting_name. */
const IDENTIFIERS = [
  /^[A-Z]?[a-z]{1,20}[0-9]{0,2}(?:[A-Z]{1,2}[a-z]{2,20}[0-9]{0,2}){1,8}$/,
  /^[a-z]{2,20}(?:[_.-](?:[a-z]{1,20}|[0-9]{1,4})){1,12}$/,
  /^[A-Z]{2,20}(?:[_.-](?:[A-Z]{1,20}[0-9]{0,4}|[0-9]{1,4})){1,12}$/,
];

/**
 * Judges a value that stands where the name of a service and a word like "key" announce one, and that has the length
 * and the letters of this service's keys. Rows such as `1234567890` do not speak against it: beside the right name,
 * and in the right shape, people put what works.
 */
export function checkNamedValue(value: string): Judgement {
  if (isTemplate(value) || isMonotonous(value)) return 'refuted';
  if (HEX_OR_UUID.test(value)) return 'plausible';
  if (WORDS.test(value) || SHORT_WORDS.test(value)) return 'refuted';
  if (IDENTIFIERS.some((form) => form.test(value))) return 'refuted';
  return /[0-9]/.test(value) && /[A-Za-z]/.test(value) ? 'plausible' : 'refuted';
}

/** Says of itself that it is none. */
const BLANKS = /example|change[_-]?me|placeholder|redacted|replace|insert[_-]|your[_-]|xxxx|\*\*\*|\.\.\.\./i;
const LEAST_LETTERS = 5;
/** Letters below which a form that is not known says too little, but for numbers of accounts. */
const LEAST_LENGTH = 18;
/** Letters of the longest part of a value that is put together of several. */
const LEAST_PART = 16;
/** The alphabet and nothing else. */
const ALPHABET = /^abcdefghijklmnopqrst[a-z]{0,40}$/i;
/** One letter again and again, as nothing drawn at random has it. */
const SAME_LETTER = /([A-Za-z0-9])\1{6}/;

/**
 * Judges a value behind the name of a service and a word like "key" where its length and letters are not known to be
 * those of this service. Values that were typed (`1234567890abcdef`) count: a hint is all that comes of it.
 */
export function checkServiceValue(value: string): Judgement {
  if (value.length < LEAST_LENGTH && !/^[0-9]{16}$/.test(value)) return 'refuted';
  const parts = value.split(/[.:/+]/);
  if (parts.length > 1 && !isRandomValue(value)) {
    const longest = parts.reduce((most, part) => (part.length > most.length ? part : most));
    return longest.length < LEAST_PART ? 'refuted' : checkLetters(longest);
  }
  return checkLetters(value);
}

function checkLetters(value: string): Judgement {
  const letters = value.replace(/[-_=]/g, '');
  if (isTemplate(value) || BLANKS.test(value)) return 'refuted';
  if (new Set(letters).size < LEAST_LETTERS) return 'refuted';
  if (HEX_OR_UUID.test(value)) return 'plausible';
  if (SAME_LETTER.test(value)) return 'refuted';
  if (isMadeUp(value)) return ALPHABET.test(value) ? 'refuted' : 'plausible';
  return /[0-9]/.test(value) && !isProgramName(value) ? 'plausible' : 'refuted';
}

/** Words put together, in the manner of programs, with a number at most: of random letters, more are capitals or digits. */
function isProgramName(value: string): boolean {
  const capitals = value.replace(/[^A-Z]/g, '').length;
  const digits = value.replace(/[^0-9]/g, '').length;
  const spoken = digits <= 2 && capitals * 4 <= value.length && !value.includes('--');
  return spoken || IDENTIFIERS.some((form) => form.test(value));
}

/** Far fewer different letters than chance would give: all zeros, `abcabcabc`. */
function isMonotonous(value: string): boolean {
  const letters = value.replace(/[-_.:/]/g, '');
  if (letters.length < 12) return new Set(letters).size < 5;
  return new Set(letters).size < 6 || entropyOf(letters) < Math.min(2.5, Math.log2(letters.length) - 1);
}
