import type { Collector } from '../sighting.ts';
import { childOf, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeMap, TreeText } from '../yaml/yaml-tree.ts';
import { isParts, nameOf, type Resolve, seeParts } from './image-fields.ts';

/** Values are filled in as they are; only what looks like a template of something else is not known. */
const asWritten: Resolve = (text) => (/\{\{|\$[{(]/.test(text) ? { why: 'it is a template' } : { text });

/**
 * Images in the values of a Helm chart: texts at keys that are `image` or end in `Image`, with a tag beside them, and maps of
 * `registry`, `repository`, `tag` and `digest`. What the templates make of them only the rendered chart tells.
 * @see Helm documentation, "Best practices: Pods and PodTemplates"
 */
export function readHelmValues(tree: Tree, out: Collector): void {
  const registry = textOf(childOf(tree, 'global'), 'imageRegistry');
  const done = new Set<Tree>();
  for (const { map, path } of mapsIn(tree)) {
    const role = path.join('.') || 'values';
    const isImage = path.at(-1) === 'image' && textOf(map, 'repository') !== undefined;
    if (!done.has(map) && (isImage || isParts(map))) seeParts(role, map, asWritten, out, registry);
    else
      for (const { key, value } of map.entries) if (value.kind === 'text') seeKey(map, key, path, value, out);
  }
}

function seeKey(map: TreeMap, key: string, path: readonly string[], value: TreeText, out: Collector): void {
  const { text } = value.spot;
  const role = [...path, key].join('.');
  if (key === 'image' && text !== '') {
    const hasVersion = /[:@][^/]*$/.test(text);
    if (
      !hasVersion &&
      (textOf(map, 'tag') ?? textOf(map, 'imageTag') ?? textOf(map, 'digest')) !== undefined
    ) {
      seeParts(role, map, asWritten, out);
      return;
    }
    out.see({ role, spot: value.spot, ...nameOf(asWritten(text)) });
  } else if (/Image$/.test(key) && /^[a-z0-9][^\s]*[/:@][^\s]*$/.test(text) && !text.includes('://'))
    out.see({ role, spot: value.spot, ...nameOf(asWritten(text)) });
}
