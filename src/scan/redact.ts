import type { ContentScanner, Hit } from './rule.ts';

/** Base64 over any number of lines. */
const LETTERS = /^[\w+/=-]*(?:(?:\\?\r?\n|\\n|\\r\\n)[ \t]*[\w+/=-]+)*/;
/** The same in UTF-16. */
const WIDE_LETTERS = /^(?:[\w+/=\s\\-]\0)*/;
/** Values cut out of one text; what holds more is cut off. */
const MOST_CUTS = 50;
/** Stands where a secret stood. */
export const CUT = '[secret]';

/**
 * A text that can be shown: each secret that the scanner finds in it is cut out. For what must be told beside a
 * finding and may hold one itself: file names, lines of the build history.
 */
export function redactSecrets(text: string, scanner: ContentScanner): string {
  let bytes = Buffer.from(text, 'utf8');
  for (let cuts = 0; cuts < MOST_CUTS; cuts++) {
    scanner.begin({ field: 'config.text' });
    scanner.write(bytes);
    const hit = scanner.end().find(({ check }) => check === 'secrets');
    if (hit === undefined) return cuts === 0 ? text : bytes.toString('utf8');
    const end = endOf(hit, bytes);
    bytes = Buffer.concat([bytes.subarray(0, hit.offset), Buffer.from(CUT), bytes.subarray(end)]);
  }
  return CUT;
}

/** Of a value in base64 all the letters that follow go: where in them it ends would take decoding them again. */
function endOf({ offset, args }: Hit, bytes: Buffer): number {
  const { encoding, length } = args;
  if (typeof encoding === 'string' && encoding.endsWith('base64')) {
    return offset + (LETTERS.exec(bytes.toString('latin1', offset))?.[0].length ?? 0);
  }
  if (typeof encoding === 'string' && encoding.endsWith('base64 in utf-16')) {
    return offset + (WIDE_LETTERS.exec(bytes.toString('latin1', offset))?.[0].length ?? 0);
  }
  return offset + Number(length) * (encoding === 'utf-16' ? 2 : 1);
}
