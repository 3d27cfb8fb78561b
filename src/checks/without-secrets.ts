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
