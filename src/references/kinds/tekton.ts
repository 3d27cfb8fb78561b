import type { Collector } from '../sighting.ts';
import type { Substituted } from '../substitute.ts';
import { childOf, childrenOf, itemsOf, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeMap } from '../yaml/yaml-tree.ts';
import { type Resolve, seeImage } from './image-fields.ts';

const PARAMETER = /\$\((?:params\.([\w.-]+)|params\["([^"]+)"\]|params\['([^']+)'\]|([^()]*))\)/g;

/**
 * Fills in `$(params.NAME)` with what an object gives its parameters: a default, or a value where nothing else is said of that name.
 * @see Tekton, "Variable substitutions"
 */
export function tektonParameters(tree: Tree): (text: string) => Substituted {
  const given = new Map<string, Set<string>>();
  for (const { map } of mapsIn(tree))
    for (const item of itemsOf(childOf(map, 'params'))) {
      const name = textOf(item, 'name')?.spot.text;
      const values = ['default', 'value'].flatMap((key) => textOf(item, key)?.spot.text ?? []);
      for (const value of values)
        if (name !== undefined && value !== `$(params.${name})`)
          given.set(name, (given.get(name) ?? new Set()).add(value));
    }
  return (text) => {
    let why: string | undefined;
    const filled = text.replace(PARAMETER, (whole, dotted, double, single) => {
      const [value, other] = given.get(dotted ?? double ?? single ?? '') ?? [];
      if (other !== undefined) why ??= 'it has a parameter that is given several values';
      else if (value === undefined || value.includes('$(')) why ??= 'it has a parameter without a default';
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
