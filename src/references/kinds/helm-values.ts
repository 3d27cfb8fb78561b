import type { Collector } from '../sighting.ts';
import { childOf, itemsOf, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeMap, TreeText } from '../yaml/yaml-tree.ts';
import { isNamedParts, isParts, isSurelyImage, nameOf, type Resolve, seeParts } from './image-fields.ts';

/** `image: logo.png` is something else. */
const PICTURE = /\.(?:png|svg|jpe?g|gif|ico|webp)$/i;

/** Values are filled in as they are; only what looks like a template of something else is not known. */
const asWritten: Resolve = (text) => (/\{\{|\$[{(]/.test(text) ? { why: 'it is a template' } : { text });

/**
 * Images in the values of a Helm chart: texts at keys that are `image` or end in `Image`, with a tag beside them, maps of
 * `registry`, `repository` or `name`, `tag` and `digest`, and what stands below `images`. What the templates make of them only the rendered chart tells.
 * @see Helm documentation, "Best practices: Pods and PodTemplates"
 */
export function readHelmValues(tree: Tree, out: Collector): void {
  const registry = textOf(childOf(tree, 'global'), 'imageRegistry');
  for (const { map, path } of mapsIn(tree)) {
    const role = path.join('.') || 'values';
    const isImage = path.at(-1) === 'image' && textOf(map, 'repository') !== undefined;
    const isNamed = isNamedParts(map, path.slice(-2).includes('images') ? 'image' : path.at(-1));
    if (isImage || isNamed || isParts(map)) seeParts(role, map, asWritten, out, registry);
    else for (const { key, value } of map.entries) seeKey(map, key, path, value, out);
  }
}

function seeKey(map: TreeMap, key: string, path: readonly string[], value: Tree, out: Collector): void {
  const role = [...path, key].join('.');
  const see = ({ spot }: TreeText) => out.see({ role, spot, ...nameOf(asWritten(spot.text)) });
  if (key === 'images')
    for (const item of itemsOf(value)) if (item.kind === 'text' && isSurelyImage(item.spot.text)) see(item);
  if (value.kind !== 'text' || PICTURE.test(value.spot.text)) return;
  const { text } = value.spot;
  if (key === 'image' && text !== '') {
    const hasVersion = /[:@][^/]*$/.test(text);
    const tag = textOf(map, 'tag') ?? textOf(map, 'imageTag') ?? textOf(map, 'digest');
    if (hasVersion || tag === undefined) see(value);
    else seeParts(role, map, asWritten, out);
  } else if (/Image$/.test(key) && /^[a-z0-9][^\s]*[/:@][^\s]*$/.test(text) && !text.includes('://'))
    see(value);
  else if ((path.at(-1) === 'images' || key === 'imageName') && isSurelyImage(text)) see(value);
}
