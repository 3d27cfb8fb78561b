import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, Scalar } from 'yaml';
import { PratiqueError } from '../../errors.ts';
import { blockPassage, type Passage, passageAt } from '../passage.ts';
import type { Spot } from '../sighting.ts';

/** A YAML or JSON value that knows where it stands. Aliases and merge keys are followed; a cycle ends in `nothing`. */
export type Tree = TreeText | TreeList | TreeMap | TreeNothing;

/** A scalar, as text: `1.10` stays what it is. */
export interface TreeText {
  readonly kind: 'text';
  readonly spot: Spot;
  /** the text for whoever reads another format in it */
  readonly passage: () => Passage;
  /** `!reference` and the like */
  readonly tag?: string;
}

export interface TreeList {
  readonly kind: 'list';
  readonly start: number;
  readonly items: readonly Tree[];
  readonly tag?: string;
}

export interface TreeMap {
  readonly kind: 'map';
  readonly start: number;
  /** in the order of the file; a key that stands twice is there twice, as readers differ in which counts */
  readonly entries: readonly TreeEntry[];
}

export interface TreeEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly value: Tree;
}

/** Null, or what has no place in a tree. */
export interface TreeNothing {
  readonly kind: 'nothing';
  readonly start: number;
}

/** What one document of a file is: its tree, or where and why it could not be read. */
export type ReadDocument = { readonly tree: Tree } | { readonly fault: { start: number; why: string } };

/** Characters of one document; the parser reads about a MB in a second. */
const LONGEST = 512 * 1024;
/** For some readers a comment ends here, and the next key begins: go-yaml, YAML 1.1, section 4.2. */
const STRANGE_BREAK = /\r(?!\n)|[\u0085\u2028\u2029]/;
const DEPTH = 100; // levels; nothing that names images passes 30
/** entries that merge keys may add; `<<: [*a, *a]` at every level would double them each time */
const MERGED = 100_000;

/** A part of a file between two `---` lines. */
export interface Chunk {
  readonly text: string;
  /** offset in the file */
  readonly start: number;
}

/**
 * Parts a file into its documents. A `---` at the beginning of a line ends a document wherever it stands.
 * @see YAML 1.2.2, sections 9.1.2 and 9.1.4 (`c-forbidden`)
 */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) {
    if (index > start) chunks.push({ text: text.slice(start, index), start });
    start = index + 3;
  }
  chunks.push({ text: text.slice(start), start });
  return chunks;
}

/**
 * Reads one document.
 * @param file the whole text, which the places count in
 */
export function readDocument({ text, start }: Chunk, file: string): ReadDocument {
  if (text.length > LONGEST)
    return { fault: { start, why: `a document has more than ${LONGEST} characters` } };
  const strange = STRANGE_BREAK.exec(text);
  if (strange !== null)
    return {
      fault: { start: start + strange.index, why: 'it has a line break that not every reader takes for one' },
    };
  const document = parse(text);
  if (document === undefined) return { fault: { start, why: 'it is nested too deeply' } };
  const [error] = document.errors;
  if (error !== undefined)
    return { fault: { start: start + error.pos[0], why: `it is no YAML: ${sentenceOf(error.message)}` } };
  try {
    return { tree: convert(document.contents, { file, offset: start, anchors: new Map(), merged: 0 }, 0) };
  } catch (thrown) {
    if (thrown instanceof PratiqueError) return { fault: { start, why: thrown.problem.what } };
    throw thrown;
  }
}

function parse(text: string): Document.Parsed | undefined {
  try {
    const document = parseDocument(text, {
      version: '1.2',
      merge: true,
      uniqueKeys: false,
      strict: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    return document.errors.some(({ message }) => /call stack/.test(message)) ? undefined : document;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

interface State {
  readonly file: string;
  readonly offset: number;
  readonly anchors: Map<string, Tree>;
  merged: number;
}

function convert(node: unknown, state: State, depth: number): Tree {
  if (depth > DEPTH) throw tooMuch('it is nested too deeply');
  if (isAlias(node)) return state.anchors.get(node.source) ?? nothing(startOf(node, state));
  const tree = convertNew(node, state, depth);
  const { anchor } = (node ?? {}) as { anchor?: string };
  if (anchor !== undefined) state.anchors.set(anchor, tree);
  return tree;
}

function convertNew(node: unknown, state: State, depth: number): Tree {
  const start = startOf(node, state);
  if (isScalar(node)) return scalar(node, state) ?? nothing(start);
  const tag = tagOf(node);
  if (isSeq(node))
    return { kind: 'list', start, items: node.items.map((item) => convert(item, state, depth + 1)), ...tag };
  if (!isMap(node)) return nothing(start);
  const own: TreeEntry[] = [];
  const merged: TreeEntry[] = [];
  for (const pair of node.items) {
    const entry = entryOf(pair, state, depth);
    if (entry === undefined) continue;
    if (isMerge(pair)) merged.push(...mergedOf(entry.value, state));
    else own.push(entry);
  }
  return { kind: 'map', start, entries: [...own, ...inherited(own, merged)] };
}

function entryOf({ key, value }: Pair, state: State, depth: number): TreeEntry | undefined {
  const name = isAlias(key) ? convert(key, state, depth + 1) : key;
  const text = isScalar(name) ? (name.source ?? String(name.value)) : textOf(name);
  if (text === undefined) return undefined;
  if (isScalar(key)) convert(key, state, depth + 1); // for its anchor
  return {
    key: text,
    keyStart: startOf(key, state),
    value: convert(value, state, depth + 1),
  };
}

function textOf(tree: unknown): string | undefined {
  const { kind, spot } = (tree ?? {}) as Partial<TreeText>;
  return kind === 'text' ? spot?.text : undefined;
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<';
}

/** What a merge key brings: a map, or the maps of a list. */
function mergedOf(value: Tree, state: State): readonly TreeEntry[] {
  const maps = value.kind === 'list' ? value.items : [value];
  return maps.flatMap((map) => {
    const entries = map.kind === 'map' ? map.entries : [];
    state.merged += entries.length;
    if (state.merged > MERGED) throw tooMuch('its merge keys unfold to too much');
    return entries;
  });
}

/** A key that the map has itself wins, and of merged ones the first. */
function inherited(own: readonly TreeEntry[], merged: readonly TreeEntry[]): readonly TreeEntry[] {
  const taken = new Set(own.map(({ key }) => key));
  return merged.filter(({ key }) => !taken.has(key) && taken.add(key));
}

function scalar(node: Scalar, state: State): TreeText | undefined {
  const text = typeof node.value === 'string' ? node.value : node.source;
  if (node.value === null || text === undefined) return undefined;
  // Behind a tag that is not known (`!reset null`) the reader leaves it as text.
  if (node.type === Scalar.PLAIN && /^(?:null|~|)$/.test(text)) return undefined;
  if (node.tag === 'tag:yaml.org,2002:binary') throw tooMuch('a text in it is written as !!binary');
  const start = startOf(node, state);
  const [, end = 0] = node.range ?? [];
  const from = start + (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE ? 1 : 0);
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
  const isThere = !isBlock && state.file.startsWith(text, from) && from + text.length <= end + state.offset;
  const spot = { text, start: isThere ? from : start, ...(isThere && { end: from + text.length }) };
  return {
    kind: 'text',
    spot,
    passage: () =>
      node.type === Scalar.BLOCK_LITERAL
        ? blockPassage(state.file, { start, end: end + state.offset }, text)
        : passageAt(text, spot.start),
    ...tagOf(node),
  };
}

function tagOf(node: unknown): { readonly tag?: string } {
  const { tag } = (node ?? {}) as { tag?: string };
  return tag === undefined || tag.startsWith('tag:yaml.org') ? {} : { tag };
}

function startOf(node: unknown, { offset }: State): number {
  const { range } = (node ?? {}) as { range?: readonly number[] | null };
  return offset + (range?.[0] ?? 0);
}

function tooMuch(what: string): PratiqueError {
  return new PratiqueError('LIMIT_EXCEEDED', { what });
}

function nothing(start: number): TreeNothing {
  return { kind: 'nothing', start };
}

/** Without what stands at that place: it may be a secret. */
function sentenceOf(message: string): string {
  const [told = ''] = message.split(/: |\n/, 1);
  return told.slice(0, 120);
}
