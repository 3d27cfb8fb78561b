import type { ContentScanner } from './rule.ts';

/** Values cut out of one text; what holds more is cut off. */
const MOST_CUTS = 50;
const CUT = '[secret]';

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
    const letters = hit.args['encoding'] === 'utf-16' ? 2 : 1;
    const end = hit.offset + Number(hit.args['length']) * letters;
    bytes = Buffer.concat([bytes.subarray(0, hit.offset), Buffer.from(CUT), bytes.subarray(end)]);
  }
  return CUT;
}
