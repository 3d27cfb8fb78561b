import { PratiqueError, type Problem } from '../errors.ts';
import { DEFAULT_LIMITS } from '../io/limits.ts';
import type { Finding } from '../model/finding.ts';
import type { CustomRules } from '../scan/custom/custom-rules.ts';
import { createImageScanner } from '../scan/image-scanner.ts';
import { CUT, redactSecrets } from '../scan/redact.ts';
import type { WithoutSecrets } from '../scan/redacted-image.ts';
import type { ContentScanner } from '../scan/rule.ts';

/** Cuts secrets out of a text by the built-in rules. */
export const withoutSecrets: WithoutSecrets = makeWithoutSecrets(undefined);

/**
 * Makes what cuts secrets out of texts that are told beside a finding, or quoted in a fault. People put credentials
 * into every field there is, and a finding goes into logs and reports.
 * @param custom the policy's own rules, which know values that no built-in rule does
 */
export function makeWithoutSecrets(custom: CustomRules | undefined): WithoutSecrets {
  let scanner: ContentScanner | undefined; // one for all: a hostile configuration has a hundred thousand such texts
  return (text) => {
    if (text === '') return text;
    scanner ??= createImageScanner(custom, DEFAULT_LIMITS);
    try {
      return redactSecrets(text, scanner);
    } catch {
      scanner = undefined; // it stands in the middle of a text
      return CUT; // what could not be read to its end is not shown
    }
  };
}

/** An error with each secret cut out of its words: what it quotes of an image, a path or a key, may be one. */
export function errorWithoutSecrets(error: PratiqueError, clean = withoutSecrets): PratiqueError {
  const told = Object.entries(error.problem) as readonly (readonly [keyof Problem, string])[];
  const cut = told.map(([part, text]) => [part, clean(text)] as const);
  if (cut.every(([, text], index) => text === told[index]?.[1])) return error;
  // Without its cause, which says the same in its own words.
  return new PratiqueError(error.code, { what: '', ...Object.fromEntries(cut) });
}

/** A finding with each secret cut out of what it quotes. Its fingerprint stays: it gives nothing away. */
export function findingWithoutSecrets(finding: Finding, clean: WithoutSecrets): Finding {
  const { message, where, args } = finding;
  const { field } = where;
  return {
    ...finding,
    message: clean(message),
    where: field === undefined ? where : { ...where, field: clean(field) },
    args: Object.fromEntries(
      Object.entries(args).map(([name, value]) => [name, argWithoutSecrets(value, clean)]),
    ),
  };
}

function argWithoutSecrets(value: Finding['args'][string], clean: WithoutSecrets): Finding['args'][string] {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? clean(value) : value.map(clean);
}
