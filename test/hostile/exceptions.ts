/** Cases that runtimes run alike and we refuse nevertheless, by the reason. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'keys that are there twice, exactly or by case, are another document to other readers': [
    ...names(
      'manifest',
      'keys-same-after keys-same-before keys-title-after keys-title-before keys-title-alone keys-upper-after keys-upper-before keys-upper-alone keys-long-s-after keys-long-s-before keys-long-s-alone keys-escaped-after keys-escaped-before keys-dotless-i-before text-unknown-same-twice text-unknown-case-pair text-inner-case-pair layer-annotations-twice',
    ),
    ...names(
      'index',
      'platform-key-case platform-inner-case platform-both-cases line-digest-twice line-digest-case manifests-twice manifests-case manifests-long-s root-case root-twice root-layout-key-case',
    ),
    ...names(
      'config',
      'user-lower-after user-lower-before user-lower-alone user-upper-alone user-long-s user-twice entrypoint-case env-case labels-twice healthcheck-case unknown-case-pair config-twice config-title rootfs-case-same diff-ids-long-s os-case architecture-case container-config-case',
    ),
  ],
  'what is not Unicode is another text to other readers': [
    ...names(
      'manifest',
      'text-invalid-utf8 text-invalid-utf8-key text-overlong-utf8 text-utf8-surrogate text-half-surrogate text-half-surrogate-key',
    ),
    ...names('config', 'text-invalid-utf8'),
  ],
  'types are compared exactly: what containerd passes over in one, other runtimes reject': [
    ...names(
      'compression',
      'type-oci-foo-over-tar type-oci-foo-gzip-over-tar type-oci-foo-gzip-over-gzip type-oci-gzip-zzz-over-tar type-oci-plus-over-tar type-oci-gzip-plus-over-tar type-oci-gzip-plus-over-gzip type-oci-bzip2-over-tar type-oci-upper-gzip-over-tar type-oci-parameter-over-tar type-oci-space-end-over-tar type-docker-plus-gzip-over-tar type-docker-gzip-encrypted-over-tar',
    ),
  ],
  'no bytes at all: umoci rejects that under the types that it knows': [
    ...names('compression', 'type-docker-gzip-over-nothing type-docker-tar-over-nothing'),
  ],
  'index and configuration name different platforms: some runtimes go by the one, some by the other': [
    ...names('index', 'lie-amd64 lie-windows'),
  ],
  'the image says that it is for no node of the platform that was asked for': [
    ...names('config', 'platform-windows platform-arm64 platform-unknown platform-nonsense'),
  ],
  'values that Docker, umoci or newer versions of Go reject': [
    ...names(
      'config',
      'env-null-item created-comma history-null-line diff-ids-type-base diff-ids-type-empty diff-ids-type-upper-case',
    ),
  ],
  'a digest that is none: signatures are found by subjects': [...names('manifest', 'subject-bad-digest')],
  'one name of two images: the first of several is never chosen': [...names('index', 'root-same-name')],
  'attributes of overlayfs hide files where a runtime sets them': [
    ...names('tar', 'pax-xattr-overlay-opaque pax-xattr-overlay-redirect'),
  ],
  '.. behind a name in a link: runtimes read it by its letters, or by where the name has led': [
    ...names(
      'filesystem',
      'hardlink-through-missing-and-parent hardlink-through-file-and-parent symlink-parent-dot-dot-behind-name symlink-parent-dot-dot-absolute symlink-parent-dot-dot-in-second symlink-parent-dot-dot-of-missing symlink-parent-dot-dot-of-file symlink-parent-dot-dot-of-folder',
    ),
  ],
  'a limit of ours, which a policy can raise': [
    ...names('manifest', 'size-5-mib text-depth-500'),
    ...names('index', 'nested-8 nested-40 doubling-6 many-lines'),
    ...names('config', 'text-depth-500 text-5-mib'),
    ...names('compression', 'zstd-window-144-mib'),
  ],
  'runtimes differ in one layer, and a later one happens to undo it': [
    ...names('filesystem', 'random-23 random-124 random-168 random-201'),
  ],
  'a size that is negative or wrong: no read is without a limit': [
    ...names('manifest', 'size-negative'),
    ...names('index', 'line-size-lie line-size-more root-size-lie'),
  ],
  'types are compared exactly; Docker rejects a body of another type than it was given as (CVE-2021-41190)': [
    ...names('manifest', 'own-type-docker own-type-parameter own-type-unknown own-type-upper-case'),
    ...names('index', 'own-type-docker line-type-docker'),
  ],
  'a node could choose what is in the index, and nobody knows what it is': [
    ...names('index', 'line-type-unknown-beside'),
  ],
  'null for a line of an index: umoci rejects it': [...names('index', 'line-null')],
};

/** By `group/name`, why a case is refused that runtimes run alike. */
export const REFUSED: ReadonlyMap<string, string> = new Map(
  Object.entries(EXCEPTIONS).flatMap(([reason, cases]) => cases.map((name) => [name, reason] as const)),
);

function names(group: string, words: string): readonly string[] {
  return words.split(' ').map((word) => `${group}/${word}`);
}
