import { printable } from '../../model/printable.ts';
import { type Collector, LONGEST_NAME, type Sighting } from '../sighting.ts';
import type { Substituted } from '../substitute.ts';
import { childOf, entriesOf, textOf } from '../yaml/find-in.ts';
import type { Tree, TreeMap, TreeText } from '../yaml/yaml-tree.ts';

/** How the texts of a kind of file become names. */
export type Resolve = (text: string) => Substituted;

/** Sees a text that names an image; an empty one names none, and what is no text is told as unknown. */
export function seeImage(role: string, image: Tree, resolve: Resolve, out: Collector): void {
  if (image.kind === 'nothing') return;
  if (image.kind !== 'text') {
    out.unread(image.start, `${printable(role)} is no text, and not understood`);
    return;
  }
  if (image.spot.text.trim() === '') return;
  if (image.spot.text.length > LONGEST_NAME) {
    out.unread(image.spot.start, `${printable(role)} is longer than a name can be`);
    return;
  }
  out.see({ role, spot: image.spot, ...nameOf(resolve(image.spot.text)) });
}

/** The fields of a sighting that tell a name or why there is none. */
export function nameOf(resolved: Substituted): Pick<Sighting, 'name' | 'why'> {
  return 'text' in resolved ? { name: resolved.text } : resolved;
}

/**
 * Sees an image that is written in parts: `{registry, repository, tag, digest}`, as values of Helm charts have it. The place is
 * that of the repository. Without a tag the chart puts one on, which is not known here.
 * @param registry the registry for all images of the file (`global.imageRegistry`)
 * @returns whether it is such a map
 */
export function seeParts(
  role: string,
  map: TreeMap,
  resolve: Resolve,
  out: Collector,
  registry?: TreeText,
): boolean {
  const repository = textOf(map, 'repository') ?? textOf(map, 'image') ?? textOf(map, 'name');
  if (repository === undefined) return false;
  const host = registry ?? textOf(map, 'registry') ?? textOf(map, 'imageRegistry') ?? textOf(map, 'hub');
  const tag = textOf(map, 'tag') ?? textOf(map, 'imageTag');
  const digest = textOf(map, 'digest') ?? textOf(map, 'sha');
  const written = [
    host === undefined ? '' : `${host.spot.text.replace(/\/$/, '')}/`,
    repository.spot.text,
    tag === undefined ? '' : `:${tag.spot.text}`,
    digest === undefined ? '' : `@${digestOf(digest.spot.text)}`,
  ].join('');
  const hasVersion = tag !== undefined || digest !== undefined || /[:@][^/]*$/.test(repository.spot.text);
  const resolved: Substituted =
    written.length > LONGEST_NAME ? { why: 'it is longer than a name can be' } : resolve(written);
  out.see({
    role,
    spot: { text: hasVersion ? written : `${written}:`, start: repository.spot.start },
    ...(hasVersion || 'why' in resolved
      ? nameOf(resolved)
      : { why: 'no tag is given here: the chart puts one on; render it and give it to pratique refs -' }),
    isBound: true,
  });
  return true;
}

/** `sha: 3a5b…`, as the charts of Grafana have it. */
function digestOf(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
}

/** Whether a map is an image in parts: a repository, and something that only images have. */
export function isParts(map: TreeMap): boolean {
  const marks = ['tag', 'imageTag', 'digest', 'pullPolicy', 'registry'];
  return childOf(map, 'repository')?.kind === 'text' && entriesOf(map).some(({ key }) => marks.includes(key));
}

/** Whether a map at a key such as `image` is one in parts that has its repository at `name`. */
export function isNamedParts(map: TreeMap, key: string | undefined): boolean {
  const marks = ['tag', 'imageTag', 'digest', 'sha'];
  const isImage = key !== undefined && /image$/i.test(key);
  return (
    isImage && textOf(map, 'name') !== undefined && marks.some((mark) => textOf(map, mark) !== undefined)
  );
}

/** Whether a text at a key that may be for something else can only be the name of an image: with a tag, a digest or a host. */
export function isSurelyImage(text: string): boolean {
  if (text.length > 512) return false;
  return /^(?:[a-z0-9][a-z0-9._-]*\.[a-z0-9.-]+(?::\d+)?\/)?[a-z0-9][a-z0-9._/-]*(?::[\w.-]+|@sha256:[0-9a-f]{64})$|^[a-z0-9][a-z0-9-]*\.[a-z0-9.-]+\/[a-z0-9][a-z0-9._/-]*$/.test(
    text,
  );
}
