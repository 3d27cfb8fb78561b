import { basename } from 'node:path';
import type { Collector } from '../sighting.ts';
import { childOf, itemsOf, textOf } from '../yaml/find-in.ts';
import type { Tree } from '../yaml/yaml-tree.ts';

/** Whether a file is a kustomization, by its name or by its kind. */
export function isKustomization(path: string, tree: Tree): boolean {
  if (/^kustomization(?:\.ya?ml)?$/i.test(basename(path))) return true;
  return (
    textOf(tree, 'apiVersion')?.spot.text.startsWith('kustomize.config.k8s.io/') === true &&
    ['Kustomization', 'Component'].includes(textOf(tree, 'kind')?.spot.text ?? '')
  );
}

/**
 * Images that a kustomization puts in the place of others: `images[]` with `newName`, `newTag` and `digest`. Where only the name
 * is new, the tag is that of the manifests. Flux has the same list in `spec` of its own `Kustomization`.
 * @see kubectl documentation, "kustomization.yaml: images"
 */
export function readKustomization(tree: Tree | undefined, out: Collector): void {
  for (const item of itemsOf(childOf(tree, 'images'))) {
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
