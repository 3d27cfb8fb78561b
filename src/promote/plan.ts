import type { Descriptor } from '../model/descriptor.ts';
import type { Beside } from './beside.ts';
import type { ContentTree } from './content-tree.ts';

/** One thing that has to be at the target. */
export type Step =
  | { readonly kind: 'blob'; readonly what: Descriptor }
  | { readonly kind: 'manifest'; readonly what: Descriptor }
  | { readonly kind: 'referrer'; readonly what: Descriptor; readonly about: Descriptor }
  | { readonly kind: 'companion'; readonly what: Descriptor; readonly tag: string };

/** Steps that may be done side by side, once the stage before is done. */
export type Stage = readonly Step[];

/**
 * The order in which an image is written so that nothing is ever there before what it needs: blobs, manifests, the
 * indexes over them, and then the same for what lies beside. No tag of the image is among it: whoever stops in the
 * middle has published nothing.
 */
export function planPromotion(image: ContentTree, beside: readonly Beside[]): readonly Stage[] {
  const seen = new Set<string>();
  const stages = [
    ...stagesOf(image, image.levels),
    beside.flatMap(({ content }) => content.blobs.map((what) => ({ kind: 'blob', what }) as const)),
    ...below(beside),
    beside.map(stepOf),
  ];
  return stages.map((stage) => stage.filter((step) => isNew(seen, step))).filter((stage) => stage.length > 0);
}

function stagesOf({ blobs }: ContentTree, levels: ContentTree['levels']): readonly Stage[] {
  return [
    blobs.map((what) => ({ kind: 'blob', what }) as const),
    ...levels.map((level) => level.map((what) => ({ kind: 'manifest', what }) as const)),
  ];
}

/** Manifests that something beside the image lists itself; level by level. */
function below(beside: readonly Beside[]): readonly Stage[] {
  const deepest = Math.max(0, ...beside.map(({ content }) => content.levels.length - 1));
  return Array.from({ length: deepest }, (_, level) =>
    beside.flatMap(({ content }) =>
      (content.levels[level] ?? [])
        .filter(({ digest }) => digest !== content.root.digest)
        .map((what) => ({ kind: 'manifest', what }) as const),
    ),
  );
}

function stepOf({ about, what, tag }: Beside): Step {
  return tag === undefined ? { kind: 'referrer', what, about } : { kind: 'companion', what, tag };
}

function isNew(seen: Set<string>, step: Step): boolean {
  const place = step.kind === 'companion' ? step.tag : step.kind === 'referrer' ? step.about.digest : '';
  const key = `${step.kind} ${step.what.digest} ${place}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
