import type { JsonFields } from '../io/json/json-fields.ts';
import { readFields } from '../io/json/json-fields.ts';
import { readJson } from '../io/json/strict-json.ts';
import { isDigest } from '../model/digest.ts';

/** The lists of a pod whose items run an image, and the lists of its state that say which. */
const LISTS = [
  ['containers', 'containerStatuses'],
  ['initContainers', 'initContainerStatuses'],
  ['ephemeralContainers', 'ephemeralContainerStatuses'],
] as const;
/** Objects of a cluster are written by Kubernetes; keys of labels, annotations and the like are their owners'. */
const FREE = 'items';

/**
 * The images that the pods of a list run, as `kubectl get pods -A -o json` writes it. Where a pod's state says which digest runs, that
 * is the image, and not what its name stands for today.
 * @returns names, each once, in the order of the list; foreign
 * @throws {PratiqueError} `JSON_INVALID`
 * @see Kubernetes API reference, core/v1 PodList, ContainerStatus
 */
export function runningImages(bytes: Uint8Array, where: string): readonly string[] {
  const list = readFields(readJson(bytes, { where, freeBelow: FREE, depth: 100 }), { where });
  const pods = list.has('items') ? list.objects('items') : [list];
  return [...new Set(pods.flatMap((pod) => imagesOf(pod)))];
}

function imagesOf(pod: JsonFields): readonly string[] {
  const spec = pod.optionalObject('spec');
  const status = pod.optionalObject('status');
  if (spec === undefined) return [];
  const named = LISTS.flatMap(([containers, statuses]) => {
    const running = new Map(
      (status?.objects(statuses) ?? []).map((one) => [
        one.optionalString('name'),
        one.optionalString('imageID'),
      ]),
    );
    return spec.objects(containers).flatMap((container) => {
      const image = container.optionalString('image');
      return image === undefined ? [] : [asRuns(image, running.get(container.optionalString('name')))];
    });
  });
  const mounted = spec
    .objects('volumes')
    .flatMap((volume) => volume.optionalObject('image')?.optionalString('reference') ?? []);
  return [...named, ...mounted];
}

/**
 * The name with the digest that runs. An `imageID` is `HOST/REPOSITORY@sha256:…`, some with a scheme before it; one without a repository
 * is the digest of a configuration, which no registry is asked by.
 */
function asRuns(image: string, imageId: string | undefined): string {
  if (image.includes('@') || imageId === undefined) return image;
  const at = imageId.lastIndexOf('@');
  const digest = imageId.slice(at + 1);
  return at < 0 || !isDigest(digest)
    ? image
    : `${imageId.slice(0, at).replace(/^[a-z-]+:\/\//, '')}@${digest}`;
}
