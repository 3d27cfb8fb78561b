import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml';
import type { Faults } from './faults.ts';
import type { Path, YamlFile } from './yaml-places.ts';

/**
 * Reads YAML 1.2, core schema. Refused, beside what is no YAML: keys that stand twice (readers differ in which counts),
 * anchors and aliases (a few lines can unfold to gigabytes), tags, a `%YAML` line (1.1 reads `off` and `1:30` as
 * other values), several documents, and the key `__proto__`.
 * @returns `undefined` where `faults` were added
 */
export function readYaml(text: string, shown: string, faults: Faults): YamlFile | undefined {
  const lines = new LineCounter();
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const before = faults.count();
  const document = parse(text, lines);
  if (document === undefined) {
    faults.addAt(shown, '1:1', [], 'it is nested too deeply');
    return undefined;
  }
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    faults.addAt(shown, placeAt(pos[0]), [], sentenceOf(message));
  }
  if (document.directives?.yaml.explicit)
    faults.addAt(shown, '1:1', [], 'a %YAML line is not taken: YAML 1.2 it is');
  visit(document, (_key, node) => {
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    const why = isNode(node) ? unwanted(node) : undefined;
    if (why !== undefined) faults.addAt(shown, placeAt(offset), [], why);
  });
  if (faults.count() > before) return undefined;
  const root = document.contents;
  const nodeAt = (path: Path) => find(root, path);
  return {
    shown,
    value: document.toJS(),
    placeOf: (path) => placeAt(nodeAt(path)?.range?.[0] ?? 0),
    placeOfKey: (path) => placeAt(keyAt(nodeAt(path.slice(0, -1)), path.at(-1))?.range?.[0] ?? 0),
    sourceOf(path) {
      const node = nodeAt(path);
      return isScalar(node) ? node.source : undefined;
    },
  };
}

/** `undefined` where the nesting fills the stack: the parser, and whoever walks its tree, calls itself for each level. */
function parse(text: string, lineCounter: LineCounter) {
  try {
    const document = parseDocument(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      strict: true,
      stringKeys: true,
      uniqueKeys: true,
      merge: false,
      prettyErrors: false,
      logLevel: 'error', // 'silent' would also pass over a second document
    });
    if (document.errors.some(({ message }) => /call stack/.test(message))) return undefined;
    visit(document, { Scalar() {} });
    return document;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function unwanted(node: Node): string | undefined {
  if (isAlias(node)) return 'an alias is not taken: write the value out';
  if ('anchor' in node && node.anchor !== undefined) return 'an anchor is not taken: write the value out';
  if (node.tag !== undefined) return 'a tag is not taken';
  if (isScalar(node) && node.value === '__proto__') return 'there can be no such name';
  return undefined;
}

function find(root: ParsedNode | Node | null, path: Path): Node | undefined {
  let node: Node | undefined = root ?? undefined;
  for (const key of path) {
    const inner =
      isNode(node) && 'get' in node
        ? (node.get as (k: unknown, keep: true) => unknown)(key, true)
        : undefined;
    if (!isNode(inner)) return node;
    node = inner;
  }
  return node;
}

function keyAt(node: Node | undefined, key: PropertyKey | undefined): Node | undefined {
  const pair = isMap(node)
    ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined;
  return isNode(pair?.key) ? pair.key : node;
}

/** Without what stands at that place: a file that was named by mistake may hold anything, a secret too. */
function sentenceOf(message: string): string {
  const [told = ''] = message.split(/(?<=YAML stream|tag|extra characters): /, 1);
  return told.slice(0, 1).toLowerCase() + told.slice(1);
}
