import type { JsonFields } from '../io/json/json-fields.ts';

/** An image that a Kubernetes object names. */
export interface NamedImage {
  /** as it is written there; foreign text */
  readonly text: string;
  /** JSON pointer of the name in the object (RFC 6901): `/spec/containers/0/image` */
  readonly at: string;
}

/** What an object would run. */
export interface PodImages {
  readonly images: readonly NamedImage[];
  /** JSON pointers of containers of a template that name no image: whoever fills the template in will name one */
  readonly open: readonly string[];
}

/** Where the kinds that make pods keep the pod's specification; by `group/kind`, the core group is empty. */
const POD_SPECS: ReadonlyMap<string, readonly string[]> = new Map([
  ['/Pod', ['spec']],
  ['/PodTemplate', ['template', 'spec']],
  ['/ReplicationController', ['spec', 'template', 'spec']],
  ['apps/Deployment', ['spec', 'template', 'spec']],
  ['apps/DaemonSet', ['spec', 'template', 'spec']],
  ['apps/ReplicaSet', ['spec', 'template', 'spec']],
  ['apps/StatefulSet', ['spec', 'template', 'spec']],
  ['batch/Job', ['spec', 'template', 'spec']],
  ['batch/CronJob', ['spec', 'jobTemplate', 'spec', 'template', 'spec']],
]);
/**
 * What an API server sends beside the kinds above where a rule names every subresource (`pods/*`, `deployments/*`) or operation: how
 * many, on which node, into which container. None of them brings an image along.
 */
const WITHOUT_IMAGES: ReadonlySet<string> = new Set([
  'autoscaling/Scale',
  '/Binding',
  'policy/Eviction',
  '/PodExecOptions',
  '/PodAttachOptions',
  '/PodPortForwardOptions',
  '/PodProxyOptions',
]);
/** Every list of a pod whose items run an image. Ephemeral containers are added to a pod that runs already. */
const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** A kind of object, as an admission request tells it. */
export interface ObjectKind {
  /** empty for the core group */
  readonly group: string;
  readonly kind: string;
}

/**
 * Finds every image in a pod, or in the pod template of a workload: of its containers, and of volumes that are images.
 * @returns `undefined` for a kind that is not known to make pods
 * @throws {PratiqueError} `JSON_INVALID` where a field is not what Kubernetes has there
 * @see Kubernetes API reference, core/v1 PodSpec
 */
export function podImagesOf(object: JsonFields, { group, kind }: ObjectKind): PodImages | undefined {
  if (WITHOUT_IMAGES.has(`${group}/${kind}`)) return { images: [], open: [] };
  const path = POD_SPECS.get(`${group}/${kind}`);
  if (path === undefined) return undefined;
  const spec = path.reduce<JsonFields | undefined>((fields, name) => fields?.optionalObject(name), object);
  if (spec === undefined) return { images: [], open: [] };
  const at = `/${path.join('/')}`;
  const named = [...containersOf(spec, at), ...volumesOf(spec, at)];
  return {
    images: named.filter(({ text }) => text !== ''),
    open: named.filter(({ text }) => text === '').map((one) => one.at),
  };
}

/** The kinds that are judged, for messages and documents. */
export const KINDS: readonly string[] = [...POD_SPECS.keys()].map((key) => key.replace(/^\//, ''));

function containersOf(spec: JsonFields, at: string): readonly NamedImage[] {
  return CONTAINERS.flatMap((list) =>
    spec.objects(list).map((container, index) => ({
      text: container.optionalString('image') ?? '',
      at: `${at}/${list}/${index}/image`,
    })),
  );
}

/** Volumes whose content is that of an image: what is mounted runs as well. */
function volumesOf(spec: JsonFields, at: string): readonly NamedImage[] {
  return spec.objects('volumes').flatMap((volume, index) => {
    const image = volume.optionalObject('image');
    return image === undefined
      ? []
      : [{ text: image.optionalString('reference') ?? '', at: `${at}/volumes/${index}/image/reference` }];
  });
}
