const counts = new Uint32Array(256);

/** Shannon entropy of a text's own characters, in bits per character: 0 for "aaaa", 4 for random hex, below 6 for base64. */
export function entropyOf(text: string): number {
  countCharacters(text);
  let bits = 0;
  for (let byte = 0; byte < counts.length; byte++) {
    const count = counts[byte] as number;
    if (count > 0) bits -= (count / text.length) * Math.log2(count / text.length);
  }
  return bits;
}

/** How many different characters a text has, and how often it has the one it has most. */
export function varietyOf(text: string): { readonly kinds: number; readonly most: number } {
  countCharacters(text);
  let kinds = 0;
  let most = 0;
  for (let byte = 0; byte < counts.length; byte++) {
    const count = counts[byte] as number;
    if (count > 0) kinds++;
    if (count > most) most = count;
  }
  return { kinds, most };
}

/** Texts are bytes read as Latin-1; of a character beyond it, the low byte counts. */
function countCharacters(text: string): void {
  counts.fill(0);
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i) & 0xff;
    counts[byte] = (counts[byte] as number) + 1;
  }
}
