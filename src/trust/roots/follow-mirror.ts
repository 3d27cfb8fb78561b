import type { TufRepository } from '../../model/trust-root.ts';
import { type RepositoryCopy, requireTarget, takeRootsAfter } from './copy.ts';
import type { Mirror } from './mirror.ts';
import { invalid } from './root-fault.ts';
import { type TargetInfo, TrustedSet } from './trusted-set.ts';

/** Bounds on what a mirror may send before anything of it is verified; Sigstore's files have at most 7 KB. */
const LIMITS = {
  /** roots after the one that is known; Sigstore made 15 in five years */
  rotations: 64,
  rootBytes: 512_000,
  timestampBytes: 16_384,
  snapshotBytes: 1_000_000,
  targetsBytes: 1_000_000,
  /** as a file of the policy */
  targetBytes: 1_048_576,
} as const;

/**
 * Follows a repository to what it says now, from the anchor and the copy that was made before. What was known stays the measure:
 * no version may go back, unless a new root has other keys for timestamp or snapshot.
 * @param known a copy that was verified
 * @param at when it is; expired metadata are refused (a mirror that is kept at an old state)
 * @throws {PratiqueError} `TRUST_ROOT_INVALID` where anything does not hold; whatever `mirror` throws
 * @see TUF specification 1.0, section 5
 */
export async function followMirror(
  { anchor, target }: TufRepository,
  known: RepositoryCopy | undefined,
  mirror: Mirror,
  at: Date,
): Promise<RepositoryCopy> {
  const set = new TrustedSet(Buffer.from(anchor), at);
  takeRootsAfter(set, known?.roots ?? []);
  const keys = set.onlineKeys;
  const roots = [...(known?.roots ?? []), ...(await newRoots(set, mirror))];
  // 5.3.11: what a stolen key had signed far too high a version of must not stay the measure.
  const measure = set.onlineKeys === keys ? known : undefined;
  const timestamp = await newTimestamp(set, measure?.timestamp, mirror);
  const snapshot = await newest(set, 'snapshot', measure?.snapshot, mirror);
  const targets = await newest(set, 'targets', known?.targets, mirror);
  const bytes = await newTarget(set, target, known?.target, mirror);
  return { fetchedAt: at, roots, timestamp, snapshot, targets, target: bytes };
}

/** 5.3: one by one, none left out, so that each is signed by the keys of the one before. */
async function newRoots(set: TrustedSet, mirror: Mirror): Promise<readonly Uint8Array[]> {
  const roots: Uint8Array[] = [];
  for (;;) {
    const bytes = await mirror.get(`${set.rootVersion + 1}.root.json`, LIMITS.rootBytes);
    if (bytes === undefined) return roots;
    if (roots.length >= LIMITS.rotations)
      throw invalid('root.json', `the mirror has more than ${LIMITS.rotations} new ones`);
    set.takeRoot(bytes);
    roots.push(bytes);
  }
}

/** 5.4. The known one is taken first, even if it has run out: what comes must not be older. */
async function newTimestamp(
  set: TrustedSet,
  known: Uint8Array | undefined,
  mirror: Mirror,
): Promise<Uint8Array> {
  if (known !== undefined) isTaken(() => set.takeTimestamp(known));
  const bytes = await required(mirror, 'timestamp.json', LIMITS.timestampBytes);
  return set.takeTimestamp(bytes) || known === undefined ? bytes : known;
}

/** 5.5 and 5.6. The known one stays where the metadata before it still mean it. */
async function newest(
  set: TrustedSet,
  role: 'snapshot' | 'targets',
  known: Uint8Array | undefined,
  mirror: Mirror,
): Promise<Uint8Array> {
  const take = (bytes: Uint8Array, isOwn: boolean) =>
    role === 'snapshot' ? set.takeSnapshot(bytes, isOwn) : set.takeTargets(bytes);
  if (known !== undefined && isTaken(() => take(known, true))) return known;
  const { version, length } = set.expected(role);
  const name = set.isConsistent ? `${version}.${role}.json` : `${role}.json`;
  const limit = role === 'snapshot' ? LIMITS.snapshotBytes : LIMITS.targetsBytes;
  const bytes = await required(mirror, name, Math.min(length ?? limit, limit));
  take(bytes, false);
  return bytes;
}

/** 5.7 */
async function newTarget(
  set: TrustedSet,
  name: string,
  known: Uint8Array | undefined,
  mirror: Mirror,
): Promise<Uint8Array> {
  const info = set.target(name);
  if (known !== undefined && isTaken(() => requireTarget(known, info))) return known;
  if (info.length > LIMITS.targetBytes)
    throw invalid(
      'targets.json',
      `the target has ${info.length} bytes; at most ${LIMITS.targetBytes} are read`,
    );
  const path = `targets/${set.isConsistent ? withHash(name, info) : name}`;
  const bytes = await required(mirror, path, info.length);
  requireTarget(bytes, info);
  return bytes;
}

function withHash(name: string, { hashes }: TargetInfo): string {
  const hash = hashes['sha256'] ?? hashes['sha512'] ?? '';
  if (!/^[0-9a-f]{64,128}$/.test(hash)) throw invalid('targets.json', 'the hash of the target is no hash');
  const at = name.lastIndexOf('/') + 1;
  return `${name.slice(0, at)}${hash}.${name.slice(at)}`;
}

/** Whether what was known still holds; where not, the mirror has to have better. */
function isTaken(take: () => void): boolean {
  try {
    take();
    return true;
  } catch {
    return false;
  }
}

async function required(mirror: Mirror, path: string, limitBytes: number): Promise<Uint8Array> {
  const bytes = await mirror.get(path, limitBytes);
  if (bytes === undefined) throw invalid(path, 'the mirror does not have it');
  return bytes;
}
