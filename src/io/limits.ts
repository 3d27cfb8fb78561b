/**
 * Every bound on foreign input, with its unit and the reason for its size. Exceeding one is `LIMIT_EXCEEDED`:
 * undecided, never clean. A policy may set any of them under `limits:`.
 */
export interface Limits {
  /** bytes of one manifest or index; the registries' own bound */
  readonly manifestBytes: number;
  /** bytes of one image configuration */
  readonly configBytes: number;
  /** bytes of a token answer */
  readonly tokenBytes: number;
  /** bytes read of an error answer; the rest is dropped */
  readonly errorBytes: number;
  /** nesting of JSON values; Go stops at 10,000, no real manifest passes 20 */
  readonly jsonDepth: number;
  /** bytes of one layer blob as stored */
  readonly layerBytes: number;
  /** bytes of one layer's tar; stops decompression bombs at the first byte past it */
  readonly expandedBytes: number;
  /** bytes that all files of one layer would take once written, holes included */
  readonly writtenBytes: number;
  /** bytes of a zstd window; containerd's decoder refuses more */
  readonly windowBytes: number;
  /** gzip members or zstd frames of one layer; an empty one costs time and adds no byte (CVE-2022-30631) */
  readonly members: number;
  /** tar entries of one layer */
  readonly entries: number;
  /** bytes of one path; PATH_MAX of Linux */
  readonly pathBytes: number;
  /** bytes of one PAX or GNU long-name record; Go's bound is 1 MiB */
  readonly recordBytes: number;
  /** layers of one image; overlayfs and Docker stop earlier (127) */
  readonly layers: number;
  /** indexes inside indexes */
  readonly indexDepth: number;
  /** manifests reached from one name */
  readonly manifests: number;
  /** referrers listed for one subject */
  readonly referrers: number;
  /** signatures tried for one image */
  readonly signatures: number;
  /** bytes of one signature or attestation blob */
  readonly signatureBytes: number;
  /** hits kept of one rule in one file; more is said, not listed */
  readonly hitsPerRule: number;
  /** seconds for one image, everything together */
  readonly imageSeconds: number;
  /** seconds without a byte from a registry */
  readonly stallSeconds: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

/** The bounds that apply where the policy says nothing. */
export const DEFAULT_LIMITS: Limits = {
  manifestBytes: 4 * MiB,
  configBytes: 4 * MiB,
  tokenBytes: 256 * KiB,
  errorBytes: 64 * KiB,
  jsonDepth: 100,
  layerBytes: 16 * GiB,
  expandedBytes: 64 * GiB,
  writtenBytes: 64 * GiB,
  windowBytes: 128 * MiB,
  members: 2_000_000,
  entries: 2_000_000,
  pathBytes: 4096,
  recordBytes: 1 * MiB,
  layers: 500,
  indexDepth: 4,
  manifests: 500,
  referrers: 1000,
  signatures: 100,
  signatureBytes: 4 * MiB,
  hitsPerRule: 100,
  imageSeconds: 3600,
  stallSeconds: 60,
};
