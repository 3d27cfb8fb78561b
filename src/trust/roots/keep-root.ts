import { createHash } from 'node:crypto';
import { PratiqueError, toPratiqueError } from '../../errors.ts';
import { parseDigest } from '../../model/digest.ts';
import { quoted } from '../../model/printable.ts';
import type { RootInUse } from '../../model/root-in-use.ts';
import { PUBLIC_GOOD, type TrustRoot, type TufRepository } from '../../model/trust-root.ts';
import { readCached, writeCached } from './cache-folder.ts';
import type { VerifiedCopy } from './copy.ts';
import { lastFailure, RETRY_SECONDS, rememberFailure } from './failed-refresh.ts';
import type { Mirror } from './mirror.ts';
import { invalid } from './root-fault.ts';

/** What keeping trust roots needs of the world. */
export interface RootReach {
  /** where copies are kept; absent: nowhere */
  readonly cacheFolder?: string;
  readonly openMirror: (url: string) => Mirror & { close(): Promise<void> };
  readonly now: () => Date;
  /** throws for a `trusted_root.json` that cannot be used */
  readonly requireUsable: (text: string, root: TrustRoot) => void;
}

type Followed = TrustRoot & { readonly repository: TufRepository };

/**
 * A root as it is here, without a network: the newest that verifies, of the one that ships and the one in the cache. Never
 * throws; what is wrong with the cache is noted, and it is not used.
 */
export async function rootAtHand(root: TrustRoot, reach: RootReach): Promise<RootInUse> {
  if (!isFollowed(root)) return { root, from: 'file', notes: [] };
  const { copy, note } = await copyAtHand(root, reach).then(
    (found) => ({ copy: found, note: undefined }),
    (thrown: unknown) => ({ copy: undefined, note: `${named(root)}: ${toPratiqueError(thrown).message}` }),
  );
  if (copy !== undefined) return fromCopy(root, copy, 'cache', reach);
  const notes = note === undefined ? [] : [note];
  if (root.text !== undefined) return { root, from: 'built-in', notes };
  return { root: { ...root, missing: note ?? 'it was never fetched' }, from: 'nowhere', notes };
}

/**
 * A root as a check uses it: its mirror is asked where the policy wants that, and the copy is older than it says. A mirror that
 * does not answer, or answers with what does not verify, changes nothing but a note; while there is something to go on with, it
 * is then left alone for some minutes. Never throws.
 */
export async function rootInUse(root: TrustRoot, reach: RootReach): Promise<RootInUse> {
  const atHand = await rootAtHand(root, reach);
  if (!isFollowed(root) || !isDue(atHand, reach.now())) return atHand;
  const failed = atHand.from === 'nowhere' ? undefined : await recentFailure(root, reach);
  if (failed !== undefined) return { ...atHand, notes: [...atHand.notes, `${named(root)} ${failed}`] };
  try {
    return await refreshRoot(root, reach);
  } catch (thrown) {
    if (reach.cacheFolder !== undefined)
      await rememberFailure(reach.cacheFolder, cacheName(root), reach.now());
    const why = `could not be refreshed: ${toPratiqueError(thrown).message}`;
    const notes = [...atHand.notes, `${named(root)} ${why}`];
    if (atHand.from !== 'nowhere') return { ...atHand, notes };
    return { ...atHand, root: { ...atHand.root, missing: why }, notes };
  }
}

/**
 * Asks a root's mirror, and keeps what it says. Of two processes that do so at once the newer copy stays.
 * @returns `from` is `mirror` where it could not be kept; a note then says why
 * @throws {PratiqueError} `TRUST_ROOT_INVALID` where anything does not verify; `NETWORK`, `TIMEOUT`, … of the mirror; `USAGE` for
 *   a root that has none
 */
export async function refreshRoot(root: TrustRoot, reach: RootReach): Promise<RootInUse> {
  if (!isFollowed(root))
    throw new PratiqueError('USAGE', { what: `${named(root)} is a file, and has no mirror` });
  // Also one that cannot be used is the measure: what comes must not be older.
  const known = await storedCopy(root, reach).catch(() => undefined);
  const { followMirror } = await import('./follow-mirror.ts');
  const { verifyCopy } = await import('./copy.ts');
  const mirror = reach.openMirror(root.repository.mirror);
  try {
    const copy = await followMirror(root.repository, known?.copy, mirror, reach.now());
    const verified = verifyCopy(copy, root.repository);
    requireBetter(verified, root, reach);
    return await keep(root, verified, reach);
  } finally {
    await mirror.close();
  }
}

async function keep(root: Followed, copy: VerifiedCopy, reach: RootReach): Promise<RootInUse> {
  try {
    if (reach.cacheFolder === undefined)
      throw new PratiqueError('WRITE_FAILED', {
        what: 'there is no place for the cache of trust roots',
        next: 'set HOME or XDG_CACHE_HOME',
      });
    const meanwhile = await storedCopy(root, reach).catch(() => undefined);
    if (meanwhile !== undefined && isNewer(meanwhile, copy)) {
      requireBetter(meanwhile, root, reach);
      return fromCopy(root, meanwhile, 'cache', reach);
    }
    const { formatCopy } = await import('./copy.ts');
    await writeCached(reach.cacheFolder, cacheName(root), formatCopy(copy.copy));
    return fromCopy(root, copy, 'cache', reach);
  } catch (thrown) {
    const used = fromCopy(root, copy, 'mirror', reach);
    const note = `${named(root)} was fetched, and not kept: ${toPratiqueError(thrown).message}`;
    return { ...used, notes: [...used.notes, note] };
  }
}

/** The copy in the cache, if it can be used; `undefined` where there is none. */
async function copyAtHand(root: Followed, reach: RootReach): Promise<VerifiedCopy | undefined> {
  const copy = await storedCopy(root, reach);
  if (copy !== undefined) ofCache(() => requireBetter(copy, root, reach));
  return copy;
}

/** The copy in the cache, verified, whether or not it can be used; `undefined` where there is none. */
async function storedCopy(root: Followed, reach: RootReach): Promise<VerifiedCopy | undefined> {
  if (reach.cacheFolder === undefined) return undefined;
  const bytes = await readCached(reach.cacheFolder, cacheName(root));
  if (bytes === undefined) return undefined;
  const { parseCopy, verifyCopy } = await import('./copy.ts'); // takes memory, and mostly there is no copy
  return ofCache(() => verifyCopy(parseCopy(bytes), root.repository));
}

function ofCache<T>(use: () => T): T {
  try {
    return use();
  } catch (thrown) {
    const { what, where, why } = toPratiqueError(thrown).problem;
    throw new PratiqueError(
      'TRUST_ROOT_INVALID',
      {
        what: 'the copy in the cache is not used',
        ...(where !== undefined && { where }),
        why: why ?? what,
        next: 'run pratique trust refresh',
      },
      { cause: thrown },
    );
  }
}

/** A mirror without a past here could otherwise go behind what ships: signed once, and taken back since. */
function requireBetter({ text, facts }: VerifiedCopy, root: Followed, reach: RootReach): void {
  const { targetsVersion = 0 } = root.repository;
  if (facts.versions.targets < targetsVersion)
    throw invalid(
      'targets.json',
      `it has version ${facts.versions.targets}, and what ships with pratique is of version ${targetsVersion}`,
    );
  reach.requireUsable(text, root);
}

function fromCopy(
  root: Followed,
  { text, facts }: VerifiedCopy,
  from: 'cache' | 'mirror',
  { now }: RootReach,
): RootInUse {
  const notes = facts.expires > now() ? [] : [`${named(root)} is old: ${oldness(facts)}`];
  return { root: withText(root, text), from, copy: facts, notes };
}

function oldness({ fetchedAt, expires }: VerifiedCopy['facts']): string {
  const [fetched, ran] = [fetchedAt, expires].map((time) => time.toISOString().slice(0, 10));
  return `it was fetched on ${fetched}, and its metadata ran out on ${ran}; run pratique trust refresh`;
}

/** The same object where nothing changes, so that it is opened once. */
function withText(root: Followed, text: string): TrustRoot {
  if (root.text === text) return root;
  const digest = parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
  return { ...root, text, digest };
}

function isFollowed(root: TrustRoot): root is Followed {
  return root.repository !== undefined;
}

/** A copy from the future was not made by this clock, and nobody knows how old it is. */
function isDue({ root, copy }: RootInUse, now: Date): boolean {
  const { refreshSeconds } = root.repository ?? {};
  if (refreshSeconds === undefined) return false;
  const age = copy === undefined ? Number.POSITIVE_INFINITY : now.getTime() - copy.fetchedAt.getTime();
  return age < 0 || age > refreshSeconds * 1000;
}

/** What is to be told of a mirror that failed a moment ago. A time that is still to come was not written by this clock. */
async function recentFailure(root: Followed, { cacheFolder, now }: RootReach): Promise<string | undefined> {
  if (cacheFolder === undefined) return undefined;
  const at = await lastFailure(cacheFolder, cacheName(root));
  const seconds = Math.min(RETRY_SECONDS, root.repository.refreshSeconds ?? 0);
  const age = at === undefined ? -1 : now().getTime() - at.getTime();
  if (at === undefined || age < 0 || age > seconds * 1000) return undefined;
  const next = `it is asked again after ${seconds} seconds, or by pratique trust refresh`;
  return `is not refreshed: its mirror failed at ${at.toISOString()}; ${next}`;
}

function isNewer(one: VerifiedCopy, other: VerifiedCopy): boolean {
  const [a, b] = [one.facts.versions, other.facts.versions];
  return a.root > b.root || (a.root === b.root && a.timestamp > b.timestamp);
}

/** One file for each repository and target. The public instance keeps its own over versions of pratique. */
function cacheName({ name, repository: { mirror, anchor, target } }: Followed): string {
  const parts = name === PUBLIC_GOOD ? [mirror, target] : [mirror, anchor, target];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return `${new URL(mirror).hostname.replaceAll(/[^a-z0-9.-]/g, '_')}-${key}.json`;
}

function named({ name }: TrustRoot): string {
  return `the trust root ${quoted(name)}`;
}
