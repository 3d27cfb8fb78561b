import type { SecretRule } from '../../rule.ts';
import { checkServiceValue } from '../../validators/named-value.ts';
import { WRONG_FORM } from '../generic/told-forms.ts';
import { KEY_WORDS, NO_SECRET, REST, SEPARATOR, TAIL } from './named-token.ts';
import { SERVICES } from './services.ts';
import { spellingsOf } from './spellings.ts';

/** Between the name, of which this is part, and the word like `key`: what names and nested settings are made of. */
const GAP = String.raw`[\w.\s"'{:-]{3,24}?`;
const PART = '[A-Za-z0-9_+/-]';
const VALUE = `(?:[0-9]{16}|[A-Za-z0-9]${PART}{7,63}(?:[.:]${PART}{6,63})?(?:[.:]${PART}{6,63})?={0,2})`;
/** Long, one part of it as well, and with a digit or the alphabet among the first: no other is worth a closer look. */
const LIKELY =
  '(?=[A-Za-z0-9_+/.:-]{16})(?=[A-Za-z0-9_+/.:-]{0,63}?[A-Za-z0-9_+/-]{10})(?=[A-Za-z_+/.:-]{0,63}(?:[0-9]|abcde))';
/** A value given to the very name, if it is one of hexadecimal digits. */
const DIRECT = String.raw`[\w.-]{4,20}(?![\w.-])${NO_SECRET}["']?\s{0,4}(?:=>|:=|[=:])\s{0,4}["']?(?=[0-9A-Fa-f-]{32,64}(?![\w-]))`;

/**
 * The rule for keys of known services whose form is not as documented, or not documented: a mere hint.
 * @param named the rules that know the form, of which it takes the names
 */
export function makeServiceKeyRule(named: readonly SecretRule[]): SecretRule {
  const names = [...named.flatMap(({ keywords }) => keywords), ...SERVICES.flatMap(spellingsOf)];
  return {
    id: 'secrets.service-key',
    provider: 'any of several hundred services',
    what: 'value that the name of a service and a word like "key" announce',
    keywords: [...new Set(names)],
    pattern: new RegExp(
      `(?<![A-Za-z0-9])(?:${GAP}${KEY_WORDS}${REST}${SEPARATOR}|${DIRECT})${LIKELY}(?!${WRONG_FORM})(?<secret>${VALUE})${TAIL}`,
      'i',
    ),
    breadth: 4,
    severity: 'medium',
    confidence: 'low',
    check: checkServiceValue,
    checkDecides: true,
    remedy: 'If it is in use, revoke it with the service, and hand the next one in at run time',
    source: 'RFC 6749, section 2.3; the documentation of each service',
    examples: [
      () => `PRODUCTBOARD_API_TOKEN=${'1234567890abcdef'.repeat(2)}`,
      () => `productboard:\n  apiToken: "${'abcdefgh12345678'.repeat(2)}"`,
    ],
    counterExamples: [
      () => 'PRODUCTBOARD_API_TOKEN=your-productboard-api-token-1234',
      () => `PRODUCTBOARD_API_TOKEN=${'0'.repeat(32)}`,
      () => `productboard_commit=${'1234567890abcdef'.repeat(2)}`,
    ],
  };
}
