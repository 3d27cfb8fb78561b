import type { ErrorCode, PratiqueError } from '../errors.ts';

const AGAIN = 'try again; where it stays so, the registry or what stands before it has to be mended';
const REBUILD = 'build the image again with a current builder, push it, and check that';
const REPORT = 'report this with the command you ran';
const LIMITS = 'if the image is worth it, raise the limit in the policy (limits, docs/policy.md)';
const OTHER_SOURCE = 'ask whoever keeps the registry or made the archive; use nothing of it before';

/** What somebody can do about a fault that says nothing of it itself: an imperative for each code. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  USAGE: 'see pratique --help, and the help of the command behind its name',
  REFERENCE_INVALID: 'write the name as REGISTRY/REPOSITORY:TAG or with @sha256:…',
  POLICY_INVALID: 'mend the policy; docs/policy.md and schema/policy-v1.json describe every key',
  POLICY_NOT_FOUND: 'name the file with --policy, or run pratique init in the root of the repository',
  KEY_INVALID:
    'give a PEM file that openssl can read: openssl pkey -in FILE -noout, with -pubin for a public one',
  NAME_UNKNOWN: 'say what the image will be called with --as NAME',
  NOT_FOUND: 'look whether the name is right, and whether the login may read it',
  NO_IMAGE: 'name an image; artifacts that nothing can run are not judged',
  PLATFORM_NOT_FOUND: 'leave --platform out, or name one that pratique inspect shows',
  UNAUTHORIZED: 'log in with docker login REGISTRY, or name the logins with --auth-file',
  DENIED: 'ask for the right to read this repository, or log in as somebody who has it',
  RATE_LIMITED: 'wait, or log in: many registries allow more then',
  REGISTRY_ERROR: AGAIN,
  NETWORK: 'look whether this machine reaches the registry: address, proxy (HTTPS_PROXY, NO_PROXY), firewall',
  TLS: 'name the authority of the registry with --ca-file, or the host with --insecure if it speaks plain http',
  TIMEOUT: 'try again; limits.image-seconds and limits.stall-seconds of the policy say how long is waited',
  REDIRECT_REFUSED: 'ask whoever keeps the registry where it sends its clients, and why',
  REALM_REFUSED: 'name the token server with --allow-realm HOST[:PORT], if it may have the login',
  CREDENTIALS: 'mend the file with the logins, or the helper that it names; docker login writes it anew',
  DIGEST_INVALID: OTHER_SOURCE,
  DIGEST_MISMATCH: OTHER_SOURCE,
  SIZE_MISMATCH: OTHER_SOURCE,
  DIFF_ID_MISMATCH: REBUILD,
  LIMIT_EXCEEDED: LIMITS,
  JSON_INVALID: REBUILD,
  MANIFEST_INVALID: REBUILD,
  CONFIG_INVALID: REBUILD,
  MEDIA_TYPE_UNKNOWN: 'name an image that runtimes can run, or build it with a current builder',
  ARCHIVE_INVALID: 'write the archive or folder again: docker save, or skopeo copy … oci:DIR',
  COMPRESSION_INVALID: REBUILD,
  TAR_INVALID: REBUILD,
  TAR_AMBIGUOUS: REBUILD,
  FILESYSTEM_AMBIGUOUS: REBUILD,
  SCAN_INCOMPLETE:
    'take out what cannot be read, or let the policy say that it is enough to be told of it (checks, docs/checks.md)',
  AGE_UNKNOWN: 'build the image so that created is set: without SOURCE_DATE_EPOCH=0',
  NOT_SUPPORTED: REBUILD,
  TRUST_ROOT_INVALID: 'run pratique trust to see which root is meant, and pratique trust refresh to renew it',
  NOT_ATTESTABLE: 'name the image in a registry, or give a folder its name with --as',
  SIGNING_FAILED: 'try again; the verdict stands, and nothing was pushed',
  ATTACH_FAILED: 'look whether the login may write beside the image, and run the same command again',
  TAG_MOVED: 'run the same command again: the tag is read anew',
  TAG_NOT_MOVED: 'run the same command again: it goes on where it ended',
  TAG_TAKEN: 'choose another tag, or leave --no-clobber out',
  WRITE_FAILED: 'look whether the folder is there, may be written to, and has room',
  INTERNAL: REPORT,
};

/** What to do next about a fault: what it says itself, else what can be said of all with its code. */
export function adviceOn({ code, problem }: Pick<PratiqueError, 'code' | 'problem'>): string {
  return problem.next ?? ADVICE[code];
}
