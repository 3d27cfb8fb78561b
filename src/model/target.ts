import { PratiqueError } from '../errors.ts';
import { quoted } from './printable.ts';
import { formatReference, parseReference, type Reference } from './reference.ts';

/** An image in the engine that the docker client talks to. */
export interface DockerDaemonTarget {
  readonly kind: 'docker-daemon';
  readonly text: string;
  /** as the engine is asked for it: a full name with tag or digest, or the id `sha256:…` */
  readonly image: string;
  /** the name to look for in what it answers; absent: the only image there is */
  readonly tag?: string;
  /** the name it is judged by: `--as`, else its own; an id has none */
  readonly reference?: Reference;
}

/** What a person asked to look at: an image in a registry or in the local engine, or one in a folder or file. */
export type Target =
  | DockerDaemonTarget
  | { readonly kind: 'registry'; readonly text: string; readonly reference: Reference }
  | {
      readonly kind: 'oci' | 'oci-archive' | 'docker-archive';
      readonly text: string;
      readonly path: string;
      /** the tag or name inside the layout; absent: the only image there is */
      readonly tag?: string;
      /** the name it is judged by (`--as`); a folder has none of its own */
      readonly reference?: Reference;
    };

const ENGINE = /^docker-daemon:(.*)$/s;
const ID = /^(?:sha256:)?([0-9a-f]{64})$/;
const LOCAL = /^(oci|oci-archive|docker-archive):(.*)$/s;

/**
 * Reads a target: `NAME`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME:TAG]`, `docker-daemon:NAME`.
 * @param as the image name that a folder or file is judged by
 * @throws {PratiqueError} `REFERENCE_INVALID`
 */
export function parseTarget(text: string, as?: string): Target {
  const [, image] = ENGINE.exec(text) ?? [];
  if (image !== undefined) return inEngine(text, image, as);
  const local = LOCAL.exec(text);
  if (local === null) {
    if (as !== undefined) throw notForRegistries(text);
    return { kind: 'registry', text, reference: parseReference(text.replace(/^docker:\/\//, '')) };
  }
  const [, kind, rest = ''] = local;
  const colon = rest.indexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (path === '')
    throw new PratiqueError('REFERENCE_INVALID', { what: `${quoted(text)} names no file or folder` });
  return {
    kind: kind as 'oci' | 'oci-archive' | 'docker-archive',
    text,
    path,
    ...(colon < 0 ? {} : { tag: rest.slice(colon + 1) }),
    ...(as === undefined ? {} : { reference: parseReference(as) }),
  };
}

/** Without a tag `docker save` would write all that a repository has; people mean what `docker run` would take. */
function inEngine(text: string, image: string, as: string | undefined): DockerDaemonTarget {
  const judged = as === undefined ? {} : { reference: parseReference(as) };
  const [, id] = ID.exec(image) ?? [];
  if (id !== undefined) return { kind: 'docker-daemon', text, image: `sha256:${id}`, ...judged };
  const read = parseReference(image);
  const { registry, repository, tag = 'latest', digest } = read;
  const reference = digest === undefined ? { registry, repository, tag } : read;
  // Asked by digest the engine writes no name.
  const asked = digest === undefined ? reference : { registry, repository, digest };
  const name = formatReference(asked);
  const named = digest === undefined ? { tag: name } : {};
  return { kind: 'docker-daemon', text, image: name, reference, ...named, ...judged };
}

function notForRegistries(text: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `--as does not go with ${quoted(text)}`,
    why: 'an image in a registry is judged by its own name',
    next: 'leave --as out, or name a folder or archive',
  });
}
