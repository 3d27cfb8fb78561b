import type { Collector } from '../sighting.ts';
import { substitute } from '../substitute.ts';
import { childOf, entriesOf, hasKeys, mapsIn, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeEntry } from '../yaml/yaml-tree.ts';
import { type Resolve, seeImage } from './image-fields.ts';

/** Where `image` is that of a machine, or a value of somebody else's. */
const OTHERS: ReadonlySet<string> = new Set([
  'machine',
  'pool',
  'parameters',
  'variables',
  'environment',
  'env',
]);
/** What a step has that names its image elsewhere, or has none. */
const NO_CLOUD_BUILD = ['image', 'command', 'commands', 'label', 'plugins', 'task', 'uses', 'run'];
const DOCKER = 'docker://';

/**
 * Images of other pipelines: each `image`, a text or a group with its `name`, of CircleCI, Azure Pipelines, Bitbucket, Drone,
 * Woodpecker and Buildkite; `container` of Azure; the steps of Cloud Build, which are called by their image; pipes of Bitbucket.
 * @see CircleCI, "Configuration reference": docker; Azure Pipelines, "YAML schema": resources.containers; Cloud Build, "Build
 *   configuration file schema": steps; Bitbucket Pipelines, "Docker image options"; Drone and Woodpecker, "Steps"
 */
export function readPipeline(tree: Tree, out: Collector): void {
  for (const { map, path } of mapsIn(tree, (key) => OTHERS.has(key))) {
    for (const entry of entriesOf(map)) seeEntry(path, entry, out);
    const isStep = path.join() === 'steps' && !NO_CLOUD_BUILD.some((key) => hasKeys(map, key));
    const name = isStep ? textOf(map, 'name') : undefined;
    if (name !== undefined) seeImage('steps.name', name, resolve, out);
  }
}

function seeEntry(path: readonly string[], { key, value }: TreeEntry, out: Collector): void {
  const role = [...path, key].join('.');
  if (key === 'image')
    seeImage(role, value.kind === 'map' ? (childOf(value, 'name') ?? value) : value, resolve, out);
  if (value.kind !== 'text') return;
  // An alias of one of the containers above has neither.
  if (key === 'container' && /[:/]/.test(value.spot.text)) seeImage(role, value, resolve, out);
  const { text, start, end } = value.spot;
  if (key !== 'pipe' || !text.startsWith(DOCKER)) return;
  const spot = { text: text.slice(DOCKER.length), start: start + DOCKER.length };
  seeImage(role, { ...value, spot: end === undefined ? { ...spot, start } : { ...spot, end } }, resolve, out);
}

/** `<< parameters.tag >>`, `$(tag)`, `${{ … }}`, `{{ … }}`; else variables of a shell, which only have defaults. */
const resolve: Resolve = (text) =>
  /<<|\$\(|\$\[|\{\{/.test(text)
    ? { why: 'it is known only when the pipeline runs' }
    : substitute(text, { lookUp: () => undefined });
