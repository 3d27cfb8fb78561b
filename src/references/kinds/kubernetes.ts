import type { Collector } from '../sighting.ts';
import { substitute } from '../substitute.ts';
import { childOf, childrenOf, entriesOf, hasKeys, itemsOf, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeEntry, TreeMap } from '../yaml/yaml-tree.ts';
import { isNamedParts, isParts, isSurelyImage, type Resolve, seeImage, seeParts } from './image-fields.ts';
import { readKustomization } from './kustomization.ts';
import { readBundles, tektonParameters } from './tekton.ts';

/** What is no part of what is asked for: texts of any kind, and what was found. */
const NOT_ASKED: ReadonlySet<string> = new Set(['metadata', 'status', 'data', 'stringData', 'binaryData']);
/** Kinds that hold patterns or schemas where others hold images. */
const PATTERNS =
  /^(?:apiextensions\.k8s\.io|kyverno\.io|policies\.kyverno\.io|constraints\.gatekeeper\.sh|templates\.gatekeeper\.sh|policy\.sigstore\.dev)\//;

/** Whether a document is an object of Kubernetes. */
export function isKubernetes(tree: Tree): boolean {
  return textsOf(tree, 'apiVersion').length > 0 && textsOf(tree, 'kind').length > 0;
}

/**
 * Images of a Kubernetes object, of whatever kind: each `image` anywhere in it (containers of pods and of pod templates, image
 * volumes, the fields of custom resources), images in parts as values for a chart have them, and bundles of Tekton.
 * @see Kubernetes API, PodSpec v1 core; Tekton, "Tasks" and "Bundles resolver"
 */
export function readKubernetes(tree: Tree, out: Collector): void {
  const versions = textsOf(tree, 'apiVersion');
  // Where it stands twice, readers differ in which one counts.
  if (versions.length > 0 && versions.every((version) => PATTERNS.test(version))) return;
  const isList = textsOf(tree, 'kind').some((kind) => kind.endsWith('List'));
  const listed = isList ? childrenOf(tree, 'items').flatMap(itemsOf) : [];
  for (const item of listed) readKubernetes(item, out);
  if (isObject(tree, /^kustomize\.toolkit\.fluxcd\.io\//)) readKustomization(childOf(tree, 'spec'), out);
  const parameters = isObject(tree, /^tekton\.dev\//) ? tektonParameters(tree) : undefined;
  const resolve: Resolve = (text) => {
    const filled = parameters === undefined ? { text } : parameters(text);
    if ('why' in filled) return filled;
    if (/\{\{/.test(filled.text)) return { why: 'it is a template' };
    return substitute(filled.text, { lookUp: () => undefined });
  };
  const skips = (key: string, path: readonly string[]) =>
    path.length === 0 && (NOT_ASKED.has(key) || (isList && key === 'items'));
  for (const { map, path } of mapsIn(tree, skips)) {
    if (isParts(map)) seeParts(path.join('.'), map, resolve, out);
    for (const entry of entriesOf(map)) {
      if (entry.key === 'image') {
        if (!isBuiltBySkaffold(tree, path)) seeField(map, path, entry, resolve, out);
      } else seeOther(map, path, entry, resolve, out);
    }
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
  else if (isNamedParts(value, key)) seeParts(role, value, resolve, out);
  else if (textOf(value, 'repository') !== undefined && !isParts(value)) seeParts(role, value, resolve, out);
  else if (hasKeys(map, 'name') && path.at(-1)?.toLowerCase().endsWith('containers'))
    out.unread(value.start, 'the image of a container is no text');
}

/**
 * Fields of custom resources that are called otherwise: `imageName` and keys that end in `Image`, where the text can be nothing else;
 * `name` of a `DockerImage`; the `package` of a Crossplane provider; the `builder` of a buildpack.
 */
function seeOther(
  map: TreeMap,
  path: readonly string[],
  { key, value }: TreeEntry,
  resolve: Resolve,
  out: Collector,
): void {
  if (value.kind !== 'text') return;
  const { text } = value.spot;
  const isNamed = key === 'imageName' || /[a-z]Image$/.test(key);
  const isDocker = key === 'name' && textOf(map, 'kind')?.spot.text === 'DockerImage';
  const isBuilder = key === 'builder' && path.at(-1) === 'buildpacks';
  const isPackage = key === 'package' && path.join() === 'spec';
  if (
    (isNamed && text.includes('/') && isSurelyImage(text)) ||
    isDocker ||
    isBuilder ||
    (isPackage && isSurelyImage(text))
  )
    seeImage([...path, key].join('.'), value, resolve, out);
}

/** What Skaffold builds is no image that is taken from somewhere. */
function isBuiltBySkaffold(tree: Tree, path: readonly string[]): boolean {
  return path.at(-1) === 'artifacts' && isObject(tree, /^skaffold\//);
}

/** Whether a map is an object of one of these groups. */
function isObject(tree: Tree, groups: RegExp): boolean {
  return isKubernetes(tree) && textsOf(tree, 'apiVersion').some((version) => groups.test(version));
}

function textsOf(tree: Tree, key: string): readonly string[] {
  return childrenOf(tree, key).flatMap((value) =>
    value.kind === 'text' && value.spot.text !== '' ? [value.spot.text] : [],
  );
}
