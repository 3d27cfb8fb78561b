import { PratiqueError } from '../errors.ts';
import type { NamedReference, ReferenceKind, ReferenceRemark } from '../model/named-reference.ts';
import { printable } from '../model/printable.ts';
import { parseReference, type Reference } from '../model/reference.ts';
import { beginsAsDockerfile, isAskedDockerfile, kindOfPath, type PathKind } from './kind-of-path.ts';
import { readBakeHcl } from './kinds/bake.ts';
import { readDockerfile } from './kinds/dockerfile.ts';
import { readYamlFile } from './kinds/yaml-file.ts';
import { wholeText } from './passage.ts';
import { type Collector, collect, LONGEST_NAME, type Remark, type Sighting } from './sighting.ts';

/** What one file names. */
export interface ReadFile {
  readonly references: readonly NamedReference[];
  readonly unread: readonly ReferenceRemark[];
  readonly elsewhere: readonly ReferenceRemark[];
  /** Dockerfiles by another name that it builds from; `path` as it is written there */
  readonly dockerfiles: readonly (ReferenceRemark & { readonly path: string })[];
  /** whether it is of a kind that names images */
  readonly isRead: boolean;
}

/**
 * Finds the images that a file names. Never throws for what the file holds: what cannot be read is told.
 * @param file the path, by which its kind is known; shown in messages
 * @param isAsked the file was named itself, and may be of a kind that only its contents tell
 */
export function readReferences(file: string, text: string, isAsked = false): ReadFile {
  const placed = places(text);
  const remark = ({ start, text: told }: Remark): ReferenceRemark => ({ file, ...placed(start), text: told });
  const out = collect();
  const kinds = readKinds(file, text, isAsked, out);
  const { sightings, unread, elsewhere, dockerfiles } = out.findings();
  return {
    references: sightings.map((one) => named(file, kinds.of(one), one, placed)),
    unread: unread.map(remark),
    elsewhere: elsewhere.map(remark),
    dockerfiles: dockerfiles.map((one) => ({ ...remark(one), path: one.path })),
    isRead: kinds.isRead,
  };
}

interface Kinds {
  readonly isRead: boolean;
  of(sighting: Sighting): ReferenceKind;
}

function readKinds(file: string, text: string, isAsked: boolean, out: Collector): Kinds {
  const kind = kindOfPath(file) ?? (isAsked ? kindOfContent(text) : undefined);
  if (kind === undefined || (kind === 'maybe-dockerfile' && !beginsAsDockerfile(text)))
    return { isRead: false, of: () => 'template' };
  if (kind === 'yaml' || kind === 'json') return readYamlFile(file, text, out);
  if (kind === 'bake-hcl') readBakeHcl(text, out);
  else readDockerfile(wholeText(text), out);
  return { isRead: true, of: () => (kind === 'bake-hcl' ? 'bake' : 'dockerfile') };
}

function kindOfContent(text: string): PathKind {
  return isAskedDockerfile(text) ? 'dockerfile' : 'yaml';
}

function named(
  file: string,
  kind: ReferenceKind,
  { role, spot, name, why, isBound }: Sighting,
  placed: Placed,
): NamedReference {
  const known = name === undefined ? knownOf(spot.text) : undefined;
  const read = name === undefined ? { why: why ?? 'it is not understood' } : parse(name);
  const isPlain = spot.end !== undefined && isBound !== true && name === spot.text && 'reference' in read;
  return {
    file,
    ...placed(spot.start),
    kind,
    role,
    text: spot.text,
    ...read,
    ...(known && { known }),
    ...(isPlain && spot.end !== undefined && { range: { start: spot.start, end: spot.end } }),
  };
}

function parse(name: string): { reference: Reference } | { why: string } {
  try {
    return { reference: parseReference(name) };
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError)) throw thrown;
    return { why: printable(thrown.problem.why ?? thrown.problem.what) };
  }
}

/** `nginx:${TAG}`: all but the tag is known. */
function knownOf(text: string): Reference | undefined {
  if (text.length > LONGEST_NAME) return undefined;
  const [, name, rest = ''] = /^([^\s${}<%]+?)[:@]((?:[$<{%].*)?)$/s.exec(text) ?? [];
  if (name === undefined || rest.replaceAll(/\$?\{\{.*?\}\}|\$\{.*?\}/gs, '').includes('/')) return undefined;
  const read = parse(name);
  return 'reference' in read ? read.reference : undefined;
}

type Placed = (offset: number) => { line: number; column: number };

/** Line and column of an offset, both from 1; a byte order mark is no column. */
function places(text: string): Placed {
  const starts = [text.startsWith('\ufeff') ? 1 : 0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: Math.max(offset - (starts[low] ?? 0), 0) + 1 };
  };
}
