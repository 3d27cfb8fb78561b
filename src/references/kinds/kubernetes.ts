import type { Collector } from '../sighting.ts';
import { substitute } from '../substitute.ts';
import { childOf, entriesOf, hasKeys, itemsOf, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeEntry, TreeMap } from '../yaml/yaml-tree.ts';
import { isParts, type Resolve, seeImage, seeParts } from './image-fields.ts';
import { readKustomization } from './kustomization.ts';
import { readBundles, tektonParameters } from './tekton.ts';

/** What is no part of what is asked for: texts of any kind, and what was found. */
const NOT_ASKED: ReadonlySet<string> = new Set(['metadata', 'status', 'data', 'stringData', 'binaryData']);
/** Kinds that hold patterns or schemas where others hold images. */
const PATTERNS =
  /^(?:apiextensions\.k8s\.io|kyverno\.io|policies\.kyverno\.io|constraints\.gatekeeper\.sh|templates\.gatekeeper\.sh|policy\.sigstore\.dev)\//;

/** Whether a document is an object of Kubernetes. */
export function isKubernetes(tree: Tree): boolean {
  return textOf(tree, 'apiVersion') !== undefined && textOf(tree, 'kind') !== undefined;
}

/**
 * Images of a Kubernetes object, of whatever kind: each `image` anywhere in it (containers of pods and of pod templates, image
 * volumes, the fields of custom resources), images in parts as values for a chart have them, and bundles of Tekton.
 * @see Kubernetes API, PodSpec v1 core; Tekton, "Tasks" and "Bundles resolver"
 */
export function readKubernetes(tree: Tree, out: Collector): void {
  if (isObject(tree, PATTERNS)) return;
  if (/List$/.test(textOf(tree, 'kind')?.spot.text ?? '')) {
    for (const item of itemsOf(childOf(tree, 'items'))) readKubernetes(item, out);
    return;
  }
  if (isObject(tree, /^kustomize\.toolkit\.fluxcd\.io\//)) readKustomization(childOf(tree, 'spec'), out);
  const parameters = isObject(tree, /^tekton\.dev\//) ? tektonParameters(tree) : undefined;
  const resolve: Resolve = (text) => {
    const filled = parameters === undefined ? { text } : parameters(text);
    if ('why' in filled) return filled;
    if (/\{\{/.test(filled.text)) return { why: 'it is a template' };
    return substitute(filled.text, { lookUp: () => undefined });
  };
  const skips = (key: string, path: readonly string[]) => path.length === 0 && NOT_ASKED.has(key);
  for (const { map, path } of mapsIn(tree, skips)) {
    if (isParts(map)) seeParts(path.join('.'), map, resolve, out);
    for (const entry of entriesOf(map)) if (entry.key === 'image') seeField(map, path, entry, resolve, out);
    readBundles(map, path, resolve, out);
  }
}

function seeField(
  map: TreeMap,
  path: readonly string[],
  { key, value }: TreeEntry,
  resolve: Resolve,
  out: Collector,
): void {
  const role = [...path, key].join('.');
  if (value.kind === 'text') seeImage(role, value, resolve, out);
  if (value.kind !== 'map') return;
  const reference = childOf(value, 'reference');
  if (reference !== undefined) seeImage(`${role}.reference`, reference, resolve, out);
  else if (textOf(value, 'repository') !== undefined && !isParts(value)) seeParts(role, value, resolve, out);
  else if (hasKeys(map, 'name') && path.at(-1)?.toLowerCase().endsWith('containers'))
    out.unread(value.start, 'the image of a container is no text');
}

/** Whether a map is an object of one of these groups. */
function isObject(tree: Tree, groups: RegExp): boolean {
  return groups.test(textOf(tree, 'apiVersion')?.spot.text ?? '') && textOf(tree, 'kind') !== undefined;
}
