import { type PatternTree, readPattern } from './pattern-tree.ts';

const KNOWN_SETS = new Map<string, Uint8Array>();

/** By byte, 1 where the expression for one character takes it: asked of the expression itself. */
export function setOf(source: string, flags: string): Uint8Array {
  const key = `${flags}/${source}`;
  const known = KNOWN_SETS.get(key);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${source}$`, flags);
  const set = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) if (pattern.test(String.fromCharCode(byte))) set[byte] = 1;
  KNOWN_SETS.set(key, set);
  return set;
}

/** By byte, 1 where no match begins behind it; `undefined` where a pattern does not begin by saying so. */
export function bytesNotBehind(pattern: RegExp): Uint8Array | undefined {
  const tree = readPattern(pattern);
  const first = tree.kind === 'sequence' ? tree.parts[0] : undefined;
  if (first?.kind !== 'look' || first.opening !== '(?<!' || first.part.kind !== 'sequence') return undefined;
  const [letter, ...more] = first.part.parts;
  return letter?.kind === 'letter' && more.length === 0 ? setOf(letter.source, pattern.flags) : undefined;
}

/** By byte, 1 where some place of a pattern takes it. */
export function bytesWithin(pattern: RegExp): Uint8Array {
  const bytes = new Uint8Array(256);
  addBytes(readPattern(pattern), pattern.flags, bytes);
  return bytes;
}

function addBytes(tree: PatternTree, flags: string, bytes: Uint8Array): void {
  if (tree.kind === 'letter') {
    const set = setOf(tree.source, flags);
    for (let byte = 0; byte < 256; byte++) if (set[byte] === 1) bytes[byte] = 1;
  } else if (tree.kind === 'repetition') addBytes(tree.part, flags, bytes);
  else if (tree.kind === 'sequence' || tree.kind === 'choice')
    for (const part of tree.parts) addBytes(part, flags, bytes);
}
