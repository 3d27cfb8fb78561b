import { basename } from 'node:path';
import type { Collector } from '../sighting.ts';
import { childOf, childrenOf, itemsOf, textOf } from '../yaml/find-in.ts';
import type { Tree } from '../yaml/yaml-tree.ts';
import { readHelmValues } from './helm-values.ts';
import { readPatchText } from './patch.ts';

/** Whether a file is a kustomization, by its name or by its kind, or one of its transformers. */
export function isKustomization(path: string, tree: Tree): boolean {
  if (/^kustomization(?:\.ya?ml)?$/i.test(basename(path))) return true;
  if (textOf(tree, 'apiVersion')?.spot.text === 'builtin') return true;
  return (
    textOf(tree, 'apiVersion')?.spot.text.startsWith('kustomize.config.k8s.io/') === true &&
    ['Kustomization', 'Component'].includes(textOf(tree, 'kind')?.spot.text ?? '')
  );
}

/**
 * Images that a kustomization puts in the place of others: `images[]` with `newName`, `newTag` and `digest`. Where only the name
 * is new, the tag is that of the manifests. And those in patches and in values of charts that stand in it. Flux has the same list in `spec` of its own `Kustomization`.
 * @see kubectl documentation, "kustomization.yaml: images"
 */
export function readKustomization(tree: Tree | undefined, out: Collector): void {
  for (const patch of patchesOf(tree)) if (patch.kind === 'text') readPatchText(patch, out);
  for (const chart of itemsOf(childOf(tree, 'helmCharts')))
    for (const values of childrenOf(chart, 'valuesInline')) readHelmValues(values, out);
  for (const transformer of itemsOf(childOf(tree, 'transformers')))
    if (transformer.kind === 'text' && transformer.spot.text.includes(':'))
      readPatchText(transformer, out, readKustomization);
  for (const item of newImagesOf(tree)) {
    const place = textOf(item, 'newName') ?? textOf(item, 'name');
    if (place === undefined) continue;
    const tag = textOf(item, 'newTag')?.spot.text;
    const digest = textOf(item, 'digest')?.spot.text;
    if (tag === undefined && digest === undefined && textOf(item, 'newName') === undefined) continue;
    const end = digest === undefined ? `:${tag ?? ''}` : `${tag === undefined ? '' : `:${tag}`}@${digest}`;
    out.see({
      role: 'images',
      spot: { text: `${place.spot.text}${end}`, start: place.spot.start },
      ...(end === ':'
        ? { why: 'its tag is that of the manifests; render them and give them to pratique refs -' }
        : { name: `${place.spot.text}${end}` }),
      isBound: true,
    });
  }
}

/** `imageTags` is an old name for `images`, which the program still puts in its place; `imageTag` is that of a transformer. */
function newImagesOf(tree: Tree | undefined): readonly Tree[] {
  const lists = ['images', 'imageTags'].flatMap((key) => childrenOf(tree, key));
  return [...lists.flatMap(itemsOf), ...childrenOf(tree, 'imageTag')];
}

/** Patches that stand here, and are no files: those are read where they are. */
function patchesOf(tree: Tree | undefined): readonly Tree[] {
  const listed = ['patches', 'patchesJson6902'].flatMap((key) => itemsOf(childOf(tree, key)));
  const merged = itemsOf(childOf(tree, 'patchesStrategicMerge')).filter(
    (patch) => patch.kind === 'text' && patch.spot.text.includes(':'),
  );
  const own = ['patch', 'jsonOp'].flatMap((key) => childrenOf(tree, key)); // of a transformer
  return [...listed.flatMap((one) => childrenOf(one, 'patch')), ...merged, ...own];
}
