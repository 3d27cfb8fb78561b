import type { Collector } from '../sighting.ts';
import type { Substituted } from '../substitute.ts';
import { childOf, childrenOf, itemsOf, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeMap } from '../yaml/yaml-tree.ts';
import { type Resolve, seeImage } from './image-fields.ts';

const PARAMETER = /\$\((?:params\.([\w.-]+)|params\["([^"]+)"\]|params\['([^']+)'\]|([^()]*))\)/g;

/**
 * Fills in `$(params.NAME)` with the defaults that an object declares for its parameters.
 * @see Tekton, "Variable substitutions"
 */
export function tektonParameters(tree: Tree): (text: string) => Substituted {
  const defaults = new Map<string, string>();
  for (const { map } of mapsIn(tree))
    for (const item of itemsOf(childOf(map, 'params'))) {
      const name = textOf(item, 'name')?.spot.text;
      const value = textOf(item, 'default')?.spot.text;
      if (name !== undefined && value !== undefined) defaults.set(name, value);
    }
  return (text) => {
    let why: string | undefined;
    const filled = text.replace(PARAMETER, (whole, dotted, double, single) => {
      const value = defaults.get(dotted ?? double ?? single ?? '');
      why ??= value === undefined ? 'it has a parameter without a default' : undefined;
      return value ?? whole;
    });
    return why === undefined ? { text: filled } : { why };
  };
}

/** Sees bundles, images that hold tasks: `taskRef.bundle`, and the parameter `bundle` of the resolver `bundles`. */
export function readBundles(map: TreeMap, path: readonly string[], resolve: Resolve, out: Collector): void {
  if (!/(?:task|pipeline)Ref$/i.test(path.at(-1) ?? '')) return;
  const role = [...path, 'bundle'].join('.');
  for (const bundle of childrenOf(map, 'bundle')) seeImage(role, bundle, resolve, out);
  if (textOf(map, 'resolver')?.spot.text !== 'bundles') return;
  for (const item of itemsOf(childOf(map, 'params')))
    if (textOf(item, 'name')?.spot.text === 'bundle')
      for (const value of childrenOf(item, 'value')) seeImage(role, value, resolve, out);
}
