/**
 * What stands in base64 wherever a text stands in the bytes: one run of letters for each of the three places within a
 * group of three bytes, less the letters that depend on what adjoins.
 */
export function base64Alignments(text: string): readonly [string, string, string] {
  return [lettersOf(text, 0), lettersOf(text, 1), lettersOf(text, 2)];
}

function lettersOf(text: string, before: 0 | 1 | 2): string {
  const letters = Buffer.from('\0'.repeat(before) + text).toString('base64');
  const first = Math.ceil((before * 8) / 6);
  return letters.slice(first, Math.floor(((before + text.length) * 8) / 6));
}
