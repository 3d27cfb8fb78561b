import { PratiqueError } from '../errors.ts';
import { quoted } from './printable.ts';

/** Attributes of a distinguished name, by their short names: `C`, `ST`, `O`, … */
export type Subject = ReadonlyMap<string, string>;

/** Stands for any certificate of the authorities, in a policy; only where it stands alone. */
export const ANY_SUBJECT = '*';

/** The short names that can be written; `S` is another name of `ST`. */
export const SUBJECT_ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.17': 'POSTALCODE',
};
const KNOWN: ReadonlySet<string> = new Set(Object.values(SUBJECT_ATTRIBUTES));
const LIMIT = 1024; // characters
const NEEDED = ['C', 'ST', 'O'];
const PREFIX = /^x509\.subject:\s*/;
/** What a part of a name can hold; a comma, a semicolon and a backslash only behind a backslash. */
const PART = /(?:[^,;\\]|\\.)+/gy;
const SPECIAL = /[+"<>;]/;

/**
 * Reads whom a certificate has to name: `C=US, ST=WA, O=acme`, with `x509.subject:` before it or not. Country, state and
 * organization are needed: one of them alone is no identity.
 * @throws {PratiqueError} `POLICY_INVALID`
 * @see Notary Project, trust-store-trust-policy.md, "Trusted Identities Constraints"; RFC 4514, section 3
 */
export function parseSubject(text: string): Subject {
  if (text.length > LIMIT) throw invalid(text, `it is longer than ${LIMIT} characters`);
  const subject = new Map<string, string>();
  for (const part of partsOf(text.replace(PREFIX, ''), text)) {
    const [, name = '', value = ''] = /^\s*([A-Za-z]+)\s*=([\s\S]*)$/.exec(part) ?? [];
    const key = name.toUpperCase() === 'S' ? 'ST' : name.toUpperCase();
    if (!KNOWN.has(key)) throw invalid(text, `it has to be made of ${[...KNOWN].toSorted().join(', ')}`);
    // Of two values one reader would compare the first and one the last.
    if (subject.has(key)) throw invalid(text, `${key} is there twice`);
    subject.set(key, unescaped(value, text));
  }
  const missing = NEEDED.filter((key) => !subject.has(key));
  if (missing.length > 0) throw invalid(text, `${missing.join(', ')} is missing; C, ST and O are needed`);
  return subject;
}

/** Whether a certificate's subject has every attribute of the pattern, with exactly these values. */
export function matchesSubject(pattern: Subject, subject: Subject): boolean {
  return [...pattern].every(([name, value]) => subject.get(name) === value);
}

/** Whether there can be a certificate that both fit: no attribute that both name differs. */
export function overlaps(one: Subject, other: Subject): boolean {
  return [...one].every(([name, value]) => (other.get(name) ?? value) === value);
}

/** One way to write a subject, for comparing. */
export function formatSubject(subject: Subject): string {
  const escaped = (value: string) => value.replace(/[,;\\]/g, (char) => `\\${char}`);
  return [...subject]
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .toSorted()
    .join(', ');
}

function partsOf(body: string, text: string): readonly string[] {
  const parts: string[] = [];
  PART.lastIndex = 0;
  for (let at = 0; ; at += 1) {
    PART.lastIndex = at;
    const part = PART.exec(body)?.[0];
    if (part === undefined) throw invalid(text, 'a part of it is empty');
    parts.push(part);
    at += part.length;
    if (at === body.length) return parts;
    if (body[at] !== ',')
      throw invalid(text, 'its parts stand between commas, and a semicolon is written \\;');
  }
}

function unescaped(value: string, text: string): string {
  const chars = value.trimStart().match(/\\.|[\s\S]/g) ?? [];
  while (/^\s$/.test(chars.at(-1) ?? '')) chars.pop(); // a blank that counts has a backslash before it
  const bare = chars.filter((char) => char.length === 1 || char.codePointAt(0) !== 0x5c).join('');
  if (chars.length === 0) throw invalid(text, 'an attribute of it is empty');
  if (chars[0] === '#' || SPECIAL.test(bare)) throw invalid(text, '+, ", <, > and a leading # are not read');
  if (chars.some((char) => /^\\[^,;\\ +"<>=#]$/.test(char)))
    throw invalid(text, 'a backslash stands before one of , ; \\ + " < > = # and a blank');
  return chars.map((char) => (char.startsWith('\\') ? char.slice(1) : char)).join('');
}

function invalid(text: string, why: string): PratiqueError {
  return new PratiqueError('POLICY_INVALID', { what: `${quoted(text)} is no subject of a certificate`, why });
}
