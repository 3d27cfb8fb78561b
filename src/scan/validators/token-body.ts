import type { Judgement } from '../rule.ts';

const WORDS =
  /example|placeholder|change[_-]?me|redacted|dummy|your[_-]|[_-]here|insert[_-]|xxxxx|\*\*\*|\.\.\.\.|\$\{|\{\{|<[A-Za-z_-]{2,40}>/i;
const LEAST_LETTERS = 6;

/**
 * A token that its own prefix, length and alphabet give away. Only what says of itself that it is none is refuted:
 * rows such as `1234567890` come about where people change a digit or two, and the form is right all the same.
 */
export function checkTokenBody(secret: string): Judgement {
  return WORDS.test(secret) || isMonotonous(secret) ? 'refuted' : 'plausible';
}

/**
 * The same for tokens whose prefix is so short that words begin with it: capitals, small letters and digits must be
 * mixed, which names of a program seldom do.
 */
export function checkMixedBody(secret: string): Judgement {
  const mixed = /[0-9]/.test(secret) && /[a-z]/.test(secret) && /[A-Z]/.test(secret);
  return mixed ? checkTokenBody(secret) : 'refuted';
}

/** Of a token in one case: digits and letters must be mixed, and not only at the end, where names have their numbers. */
export function checkMixedCase(secret: string): Judgement {
  const mixed = /[0-9][A-Za-z_-]{1,20}[0-9]/.test(secret) && /[A-Za-z][0-9]{1,20}[A-Za-z]/.test(secret);
  return mixed ? checkTokenBody(secret) : 'refuted';
}

/** One character fills more than half of it, or it has hardly any different ones. */
function isMonotonous(secret: string): boolean {
  const counts = new Map<string, number>();
  const letters = secret.replace(/[-_.:/]/g, '');
  for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return counts.size < LEAST_LETTERS || Math.max(...counts.values()) * 2 > letters.length;
}
