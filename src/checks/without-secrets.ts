import { PratiqueError, type Problem } from '../errors.ts';
import { DEFAULT_LIMITS } from '../io/limits.ts';
import { createContentScanner } from '../scan/content-scanner.ts';
import { redactSecrets } from '../scan/redact.ts';
import type { ContentScanner } from '../scan/rule.ts';

let scanner: ContentScanner | undefined; // one for all: a hostile configuration has a hundred thousand such texts

/**
 * A text of the configuration that a finding quotes, with each secret cut out. People put credentials into every
 * field there is, and a finding goes into logs and reports.
 */
export function withoutSecrets(text: string): string {
  scanner ??= createContentScanner(undefined, DEFAULT_LIMITS);
  return text === '' ? text : redactSecrets(text, scanner);
}

/** An error with each secret cut out of its words: what it quotes of an image, a path or a key, may be one. */
export function errorWithoutSecrets(error: PratiqueError): PratiqueError {
  const told = Object.entries(error.problem) as readonly (readonly [keyof Problem, string])[];
  const clean = told.map(([part, text]) => [part, withoutSecrets(text)] as const);
  if (clean.every(([, text], index) => text === told[index]?.[1])) return error;
  // Without its cause, which says the same in its own words.
  return new PratiqueError(error.code, { what: '', ...Object.fromEntries(clean) });
}
