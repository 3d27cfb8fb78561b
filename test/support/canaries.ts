import { randomBytes } from 'node:crypto';
import { base62Checksum } from '../../src/scan/validators/checksum.ts';

/** letters of a secret that must not be seen together: a masked line shows the ends */
const SEEN = 12;

/** Secrets that are planted and must come out nowhere. Each is new in every run and opens nothing. */
export interface Canaries {
  /** one that no rule knows: a password, a passphrase */
  word(place: string): string;
  /** one that the built-in rules know, whatever stands around it */
  token(place: string): string;
  /** one that only the rule `OWN_RULE` knows, which a policy brings along */
  own(place: string): string;
  /** places whose canary, or a part of it, stands in a text: as it is, as base64, as hex, or percent-encoded */
  seenIn(text: string): readonly string[];
  /** how many were planted */
  count(): number;
}

/** The file of rules that finds `own`. */
export const OWN_RULE = `version: 1
rules:
  - {id: own, what: own thing, pattern: "own_[A-Za-z0-9]{24}", keywords: [own_], examples: [own_aaaaaaaaaaaaaaaaaaaaaaaa]}
`;

/** An empty set of canaries. */
export function plantCanaries(): Canaries {
  const planted = new Set<string>();
  /** every piece of every form → where it was planted */
  const parts = new Map<string, string>();
  const plant = (place: string, value: string) => {
    if (planted.has(place)) throw new Error(`there is a canary in ${place} already`);
    planted.add(place);
    for (const form of formsOf(value)) for (const part of partsOf(form)) parts.set(part, place);
    return value;
  };
  return {
    word: (place) => plant(place, `Canary/${randomBytes(12).toString('base64url')}`),
    own: (place) => plant(place, `own_${letters(24)}`),
    token(place) {
      const entropy = letters(30);
      return plant(place, ['gh', 'p_', entropy, base62Checksum(entropy, 6)].join(''));
    },
    seenIn(text) {
      const seen = new Set<string>();
      for (let at = 0; at + SEEN <= text.length; at++) {
        const place = parts.get(text.slice(at, at + SEEN));
        if (place !== undefined) seen.add(place);
      }
      return [...seen];
    },
    count: () => planted.size,
  };
}

function letters(length: number): string {
  let text = '';
  while (text.length < length)
    text += randomBytes(length * 2)
      .toString('base64')
      .replace(/[^A-Za-z0-9]/g, '');
  return text.slice(0, length);
}

function formsOf(value: string): readonly string[] {
  // Of base64 the letters depend on what stands before, modulo three bytes.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.from('_'.repeat(shift) + value)
      .toString('base64')
      .slice(4, -4),
  );
  return [value, encodeURIComponent(value), Buffer.from(value).toString('hex'), ...shifted];
}

function partsOf(form: string): readonly string[] {
  const parts: string[] = [];
  for (let at = 0; at + SEEN <= form.length; at++) parts.push(form.slice(at, at + SEEN));
  return parts;
}
