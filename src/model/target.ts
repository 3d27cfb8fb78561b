import { PratiqueError } from '../errors.ts';
import { quoted } from './printable.ts';
import { parseReference, type Reference } from './reference.ts';

/** What a person asked to look at: an image in a registry, or one in a folder or file. */
export type Target =
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

const LOCAL = /^(oci|oci-archive|docker-archive):(.*)$/s;

/**
 * Reads a target: `NAME`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME:TAG]`.
 * @param as the image name that a folder or file is judged by
 * @throws {PratiqueError} `REFERENCE_INVALID`
 */
export function parseTarget(text: string, as?: string): Target {
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

function notForRegistries(text: string): PratiqueError {
  return new PratiqueError('USAGE', {
    what: `--as does not go with ${quoted(text)}`,
    why: 'an image in a registry is judged by its own name',
    next: 'leave --as out, or name a folder or archive',
  });
}
