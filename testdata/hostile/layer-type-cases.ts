import { zstdCompressSync } from 'node:zlib';
import { blobCase, member, TAR } from './blobs.ts';
import { type HostileCase, TYPES } from './case.ts';

const OCI = 'application/vnd.oci.image.layer';
const DOCKER = 'application/vnd.docker.image.rootfs';
/** Layer types, known, half known and unknown. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  'oci-tar': TYPES.tar,
  'oci-gzip': TYPES.gzip,
  'oci-zstd': TYPES.zstd,
  'oci-nondist-tar': `${OCI}.nondistributable.v1.tar`,
  'oci-nondist-gzip': `${OCI}.nondistributable.v1.tar+gzip`,
  'oci-nondist-zstd': `${OCI}.nondistributable.v1.tar+zstd`,
  'docker-tar': `${DOCKER}.diff.tar`,
  'docker-gzip': `${DOCKER}.diff.tar.gzip`,
  'docker-zstd': `${DOCKER}.diff.tar.zstd`,
  'docker-foreign-tar': `${DOCKER}.foreign.diff.tar`,
  'docker-foreign-gzip': `${DOCKER}.foreign.diff.tar.gzip`,
};

const ODD_TYPES: Readonly<Record<string, string>> = {
  'oci-zstd-gzip': `${OCI}.v1.tar+zstd+gzip`,
  'oci-gzip-zstd': `${OCI}.v1.tar+gzip+zstd`,
  'oci-gzip-gzip': `${OCI}.v1.tar+gzip+gzip`,
  'oci-foo': `${OCI}.v1.tar+foo`,
  'oci-foo-gzip': `${OCI}.v1.tar+foo+gzip`,
  'oci-gzip-zzz': `${OCI}.v1.tar+gzip+zzz`,
  'oci-encrypted': `${OCI}.v1.tar+encrypted`,
  'oci-gzip-encrypted': `${OCI}.v1.tar+gzip+encrypted`,
  'oci-plus': `${OCI}.v1.tar+`,
  'oci-gzip-plus': `${OCI}.v1.tar+gzip+`,
  'oci-bzip2': `${OCI}.v1.tar+bzip2`,
  'oci-dot-gzip': `${OCI}.v1.tar.gzip`,
  'oci-upper-case': `${OCI}.v1.tar+gzip`.toUpperCase(),
  'oci-upper-gzip': `${OCI}.v1.tar+GZIP`,
  'oci-parameter': `${OCI}.v1.tar+gzip; charset=utf-8`,
  'oci-space': ` ${OCI}.v1.tar+gzip`,
  'oci-space-end': `${OCI}.v1.tar+gzip `,
  'oci-v2': `${OCI}.v2.tar+gzip`,
  'docker-plus-gzip': `${DOCKER}.diff.tar+gzip`,
  'docker-gzip-encrypted': `${DOCKER}.diff.tar.gzip+encrypted`,
  'docker-foreign-zstd': `${DOCKER}.foreign.diff.tar.zstd`,
  'docker-bz2': `${DOCKER}.diff.tar.bz2`,
  'octet-stream': 'application/octet-stream',
  'application-tar': 'application/x-tar',
  'application-gzip': 'application/gzip',
  wasm: 'application/wasm',
  'empty-json': 'application/vnd.oci.empty.v1+json',
  'in-toto': 'application/vnd.in-toto+json',
  erofs: 'application/vnd.erofs.layer.v1',
};

const CONTENTS: Readonly<Record<string, () => Uint8Array>> = {
  tar: () => TAR,
  gzip: () => member(TAR),
  zstd: () => zstdCompressSync(TAR),
};

/** Every known type over every content, and every odd type over the content that it seems to mean. */
export function layerTypeCases(): readonly HostileCase[] {
  const known = Object.entries(MEDIA_TYPES).flatMap(([word, type]) =>
    Object.entries(CONTENTS).map(([kind, blob]) =>
      blobCase(`type-${word}-over-${kind}`, `${type} over ${kind}`, type, blob),
    ),
  );
  const odd = Object.entries(ODD_TYPES).flatMap(([word, type]) =>
    ['tar', /zstd$/.test(type) ? 'zstd' : 'gzip'].map((kind) =>
      blobCase(`type-${word}-over-${kind}`, `${type} over ${kind}`, type, CONTENTS[kind] as () => Uint8Array),
    ),
  );
  const contents = {
    bzip2: Buffer.from('425a6839314159265359', 'hex'),
    xz: Buffer.from('fd377a585a000004', 'hex'),
    nothing: Buffer.alloc(0),
  };
  const others = Object.entries(contents).flatMap(([kind, blob]) =>
    ['oci-tar', 'oci-gzip', 'docker-gzip', 'docker-tar'].map((word) =>
      blobCase(
        `type-${word}-over-${kind}`,
        `${kind} under ${word}`,
        MEDIA_TYPES[word] ?? '',
        () => blob,
        blob,
      ),
    ),
  );
  return [...known, ...odd, ...others];
}
