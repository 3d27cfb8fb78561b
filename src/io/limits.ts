/**
 * Every bound on foreign input, with its unit and the reason for its size. Exceeding one is `LIMIT_EXCEEDED`:
 * undecided, never clean. A policy may set any of them under `limits:`.
 */
export interface Limits {
  /** bytes of one manifest or index; the registries' own bound */
  readonly manifestBytes: number;
  /** bytes of one image configuration; as manifests, with room for a long build history */
  readonly configBytes: number;
  /** bytes of a token answer; tokens of a few KiB are long ones */
  readonly tokenBytes: number;
  /** bytes read of an error answer; the rest is dropped, a sentence of it is shown */
  readonly errorBytes: number;
  /** nesting of JSON values; Go stops at 10,000, no real manifest passes 20 */
  readonly jsonDepth: number;
  /** bytes of one layer blob as stored; registries stop at about 10 GB */
  readonly layerBytes: number;
  /** bytes of one layer's tar, four times what may be stored; stops decompression bombs at the first byte past it */
  readonly expandedBytes: number;
  /** bytes that all files of one layer would take once written; holes of sparse files fill disks and are stored in no byte */
  readonly writtenBytes: number;
  /** bytes of a zstd window, which are held in memory; containerd's decoder refuses more */
  readonly windowBytes: number;
  /** gzip members or zstd frames of one layer; estargz and zstd:chunked begin one or two for each file */
  readonly members: number;
  /** members or frames beyond one for each 128 bytes of tar; an empty one costs time and adds no byte (CVE-2022-30631) */
  readonly emptyMembers: number;
  /** tar entries of one layer; each takes some 600 bytes of memory until the image is judged */
  readonly entries: number;
  /** bytes of one path; PATH_MAX of Linux */
  readonly pathBytes: number;
  /** bytes of one PAX header, GNU long name or sparse map; Go's bound is 1 MiB */
  readonly recordBytes: number;
  /** layers of one image; overlayfs and Docker stop earlier (127) */
  readonly layers: number;
  /** indexes inside indexes; each level multiplies what there is to read */
  readonly indexDepth: number;
  /** manifests reached from one name; indexes that double at each level would lead to millions */
  readonly manifests: number;
  /** referrers listed for one subject; anybody who may push can add to them */
  readonly referrers: number;
  /** signatures tried for one image; anybody who may push can add to them (CVE-2024-29902) */
  readonly signatures: number;
  /** bytes of one signature, which is held in memory; the manifest that it stands in has at most as many */
  readonly signatureBytes: number;
  /** bytes of one signed attestation, held in memory some six times, an eighth of what all together may have; a large image's scan has 27 MB in base64 */
  readonly statementBytes: number;
  /** bytes of one document of an attestation inside the image's index; an SBOM of files has 30 MB */
  readonly attestationBytes: number;
  /** hits kept of one rule and confidence in one file; more is said, not listed */
  readonly hitsPerRule: number;
  /** findings of one image; more than that nobody reads, and they would fill the memory */
  readonly hitsPerImage: number;
  /** archives inside archives that lie in a layer as files; a fat jar in an archive of a build is the third */
  readonly archiveDepth: number;
  /** bytes that all archives in one layer unpack to, at every depth; stops archives that are bombs */
  readonly archiveBytes: number;
  /** things in all archives of one layer: zip entries, tar entries, gzip members, zstd frames, xz blocks and the like */
  readonly archiveMembers: number;
  /** bytes of a gzip that is written as base64, and of what it unpacks to; it is held in memory */
  readonly encodedBytes: number;
  /** bytes of a program that may be packed, which is held in memory, and of each block that it unpacks to */
  readonly packedProgramBytes: number;
  /** bytes of package databases kept of one layer, and read for one image; what is beyond vouches for no file */
  readonly packageBytes: number;
  /** bytes of a file that a policy's YARA rules are run on, held in memory three times; Node itself has 120 MB */
  readonly yaraFileBytes: number;
  /** seconds that a policy's YARA rules may take for one look at a file, or at some thousand small ones together */
  readonly yaraSeconds: number;
  /** seconds for one image, everything together; some hundred MB of tar are read in a second */
  readonly imageSeconds: number;
  /** seconds without a byte from a registry; also the time over which a dripping one is measured */
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
  emptyMembers: 10_000,
  entries: 1_000_000,
  pathBytes: 4096,
  recordBytes: 1 * MiB,
  layers: 500,
  indexDepth: 4,
  manifests: 500,
  referrers: 1000,
  signatures: 100,
  signatureBytes: 4 * MiB,
  statementBytes: 32 * MiB,
  attestationBytes: 64 * MiB,
  hitsPerRule: 100,
  hitsPerImage: 10_000,
  archiveDepth: 5,
  archiveBytes: 16 * GiB,
  archiveMembers: 2_000_000,
  encodedBytes: 16 * MiB,
  packedProgramBytes: 256 * MiB,
  packageBytes: 128 * MiB,
  yaraFileBytes: 128 * MiB,
  yaraSeconds: 60,
  imageSeconds: 3600,
  stallSeconds: 60,
};
