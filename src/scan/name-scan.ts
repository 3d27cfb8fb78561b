import type { ContentScanner, Hit } from './rule.ts';

/**
 * Scans a name, a link's target or an attribute: short bytes that belong to an entry and are not its content.
 * @param part what it is, told with each hit
 */
export function scanName(bytes: Uint8Array, part: string, scanner: ContentScanner): readonly Hit[] {
  const subject = { field: part };
  if (bytes.length === 0 || scanner.mayFind?.(subject, bytes) === false) return [];
  scanner.begin(subject);
  scanner.write(bytes);
  const hits = scanner.end().filter(({ check }) => check === 'secrets');
  return hits.map((hit) => ({ ...hit, args: { ...hit.args, part } }));
}
