import type { JsonFields } from '../../io/json/json-fields.ts';
import type { Limits } from '../../io/limits.ts';
import type { Descriptor, Platform } from '../../model/descriptor.ts';
import type { ForeignJson } from '../../model/image.ts';
import { isIndex } from '../../model/media-type.ts';
import { readDescriptor } from './descriptor-fields.ts';
import { type DocumentHead, openDocument, readHead } from './document.ts';
import { notA } from './manifest.ts';

/** An index (or Docker manifest list) as it stands. */
export interface IndexDocument extends DocumentHead {
  readonly entries: readonly IndexEntry[];
  /** the entries as they stand, in the same order */
  readonly lines: readonly ForeignJson[];
  /** the rest of the index as it stands: all but `manifests` */
  readonly rest: ForeignJson;
}

/** One line of an index. `platform` is absent where the line says nothing; a node may then choose it. */
export type IndexEntry = Descriptor & { readonly platform?: Platform };

/**
 * Reads an index.
 * @param bytes verified against `what`
 * @param what the descriptor it was fetched by; its `mediaType` says how to read it
 * @throws {PratiqueError} `MANIFEST_INVALID`, `JSON_INVALID`, `DIGEST_INVALID`, `MEDIA_TYPE_UNKNOWN`, `LIMIT_EXCEEDED`
 * @see OCI image-spec v1.1.1, image-index.md
 */
export function readIndex(bytes: Uint8Array, what: Descriptor, limits: Limits): IndexDocument {
  if (!isIndex(what.mediaType)) throw notA('index', what);
  const where = `index ${what.digest}`;
  const fields = openDocument(bytes, what, limits);
  return {
    ...readHead(fields, where),
    entries: readEntries(fields, where),
    lines: fields.optionalArray('manifests') ?? [],
    rest: new Map([...fields.value].filter(([key]) => key !== 'manifests')),
  };
}

/** The lines of `manifests`; none where it is absent. */
export function readEntries(fields: JsonFields, where: string): readonly IndexEntry[] {
  return fields.objects('manifests').map((entry) => {
    const platform = entry.optionalObject('platform');
    const descriptor = readDescriptor(entry, where);
    return platform === undefined ? descriptor : { ...descriptor, platform: readPlatform(platform) };
  });
}

function readPlatform(fields: JsonFields): Platform {
  const variant = fields.optionalString('variant') ?? '';
  const osVersion = fields.optionalString('os.version') ?? '';
  const architecture = fields.optionalString('architecture') ?? '';
  // containerd passes over such a line, others choose it. An operating system that is not named is the node's own.
  if (architecture === '') throw fields.error('architecture', 'a platform must name one');
  return {
    os: fields.optionalString('os') ?? '',
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(osVersion === '' ? {} : { osVersion }),
  };
}
