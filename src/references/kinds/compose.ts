import type { Collector } from '../sighting.ts';
import { substitute, type Variables } from '../substitute.ts';
import { childOf, childrenOf, entriesOf, itemsOf, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeText } from '../yaml/yaml-tree.ts';
import { seeContext, seeDockerfile } from './docker-image-context.ts';
import { readDockerfile } from './dockerfile.ts';

/** What `.env` files and the environment hold is nobody's word here: only defaults count. */
const NO_VALUES: Variables = { plain: '$', lookUp: () => undefined };

/**
 * Images named in a Compose file: of services whatever their profile, of image volumes, of contexts of a build, and in
 * `dockerfile_inline`. Of a service that is also built the name counts too: Compose tries to pull it first, unless
 * its `pull_policy` is `build`.
 * @see Compose specification, "Services", "Compose Build", "Interpolation"
 */
export function readCompose(tree: Tree, out: Collector): void {
  for (const { key: service, value } of childrenOf(tree, 'services').flatMap(entriesOf)) {
    const role = `services.${service}`;
    const build = childOf(value, 'build');
    const isBuilt = build !== undefined && build.kind !== 'nothing';
    if (!isBuilt || textOf(value, 'pull_policy')?.spot.text !== 'build')
      for (const image of childrenOf(value, 'image')) seeText(`${role}.image`, image, out, isBuilt);
    for (const volume of itemsOf(childOf(value, 'volumes')))
      if (textOf(volume, 'type')?.spot.text === 'image')
        for (const source of childrenOf(volume, 'source')) seeText(`${role}.volumes`, source, out);
    readBuild(role, build, out);
    for (const file of childrenOf(childOf(value, 'extends'), 'file')) tellRemote(file, out);
  }
  for (const include of itemsOf(childOf(tree, 'include'))) tellInclude(include, out);
}

const REMOTE = /^(?:[a-z0-9+.-]+:\/\/|git@|github\.com\/)/i;

function readBuild(role: string, build: Tree | undefined, out: Collector): void {
  for (const context of build?.kind === 'text' ? [build] : childrenOf(build, 'context'))
    if (context.kind === 'text' && REMOTE.test(context.spot.text))
      out.elsewhere(context.spot.start, 'it is built from elsewhere, with a Dockerfile that is not read');
  for (const inline of childrenOf(build, 'dockerfile_inline'))
    if (inline.kind === 'text') readDockerfile(inline.passage(), out);
  for (const file of childrenOf(build, 'dockerfile')) seeDockerfile(file, NO_VALUES, out);
  const contexts = childOf(build, 'additional_contexts');
  for (const { value } of entriesOf(contexts)) seeContext(`${role}.build`, value, NO_VALUES, out);
  for (const item of itemsOf(contexts)) seeContext(`${role}.build`, item, NO_VALUES, out);
}

function seeText(role: string, image: Tree, out: Collector, isBound = false): void {
  if (image.kind === 'nothing') return;
  if (image.kind !== 'text') out.unread(image.start, `${role} is no text`);
  else if (image.spot.text !== '') see(role, image, out, isBound);
}

function see(role: string, { spot }: TreeText, out: Collector, isBound: boolean): void {
  const resolved = substitute(spot.text, NO_VALUES);
  out.see({
    role,
    spot,
    ...('text' in resolved ? { name: resolved.text } : resolved),
    ...(isBound && { isBound }),
  });
}

function tellInclude(include: Tree, out: Collector): void {
  const paths =
    include.kind === 'text'
      ? [include]
      : childrenOf(include, 'path').flatMap((path) => [path, ...itemsOf(path)]);
  for (const path of paths) tellRemote(path, out);
}

function tellRemote(path: Tree, out: Collector): void {
  if (path.kind === 'text' && /^(?:[a-z0-9+.-]+:\/\/|git@|oci:)/i.test(path.spot.text))
    out.elsewhere(path.spot.start, 'an include from elsewhere is not read');
}
