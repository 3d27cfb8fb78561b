import type { Tree, TreeEntry, TreeMap, TreeText } from './yaml-tree.ts';

/** The values of a key, none where the tree is no map; more than one where the key stands twice. */
export function childrenOf(tree: Tree | undefined, key: string): readonly Tree[] {
  return entriesOf(tree).flatMap((entry) => (entry.key === key ? [entry.value] : []));
}

/** The first value of a key. */
export function childOf(tree: Tree | undefined, key: string): Tree | undefined {
  return childrenOf(tree, key)[0];
}

/** The text at a key; `undefined` where there is something else, or the empty text. */
export function textOf(tree: Tree | undefined, key: string): TreeText | undefined {
  const value = childOf(tree, key);
  return value?.kind === 'text' && value.spot.text !== '' ? value : undefined;
}

/** The entries of a map; none of anything else. */
export function entriesOf(tree: Tree | undefined): readonly TreeEntry[] {
  return tree?.kind === 'map' ? tree.entries : [];
}

/** The items of a list; none of anything else. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === 'list' ? tree.items : [];
}

/** Whether it is a map that has all the keys. */
export function hasKeys(tree: Tree | undefined, ...keys: readonly string[]): tree is TreeMap {
  return keys.every((key) => childOf(tree, key) !== undefined);
}

/**
 * Every map in a tree, with the keys that lead to it (indices left out), each one once however many aliases lead to it.
 * @param skips the keys below which nothing is looked at
 */
export function* mapsIn(
  tree: Tree,
  skips: (key: string, path: readonly string[]) => boolean = () => false,
  path: readonly string[] = [],
  seen = new Set<Tree>(),
): Generator<{ map: TreeMap; path: readonly string[] }> {
  if (seen.has(tree)) return;
  seen.add(tree);
  if (tree.kind === 'list') for (const item of tree.items) yield* mapsIn(item, skips, path, seen);
  if (tree.kind !== 'map') return;
  yield { map: tree, path };
  for (const { key, value } of tree.entries)
    if (!skips(key, path)) yield* mapsIn(value, skips, [...path, key], seen);
}

/** Where a tree begins in the file. */
export function startOf(tree: Tree): number {
  return tree.kind === 'text' ? tree.spot.start : tree.start;
}
