import { createHash } from 'node:crypto';
import { type JsonFields, readFields } from '../../io/json/json-fields.ts';
import { readJson } from '../../io/json/strict-json.ts';
import type { CopyFacts } from '../../model/root-in-use.ts';
import type { TufRepository } from '../../model/trust-root.ts';
import { invalid } from './root-fault.ts';
import { type TargetInfo, TrustedSet } from './trusted-set.ts';

/** All that was taken from a TUF repository for one target, as it was served. */
export interface RepositoryCopy {
  readonly fetchedAt: Date;
  /** the roots after the anchor, in their order */
  readonly roots: readonly Uint8Array[];
  readonly timestamp: Uint8Array;
  readonly snapshot: Uint8Array;
  readonly targets: Uint8Array;
  readonly target: Uint8Array;
}

/** A copy whose signatures hold, from the anchor to the target. */
export interface VerifiedCopy {
  readonly copy: RepositoryCopy;
  /** the target, UTF-8 */
  readonly text: string;
  readonly facts: CopyFacts;
}

const FORMAT = 1;
/** Known to be strong; a target that only others vouch for could be swapped. */
const HASHES = ['sha512', 'sha256'] as const;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;

/**
 * Checks a copy anew, without a network: every root from the anchor on, timestamp, snapshot and targets by the last root, the
 * target by its length and hashes. That its metadata have run out is told by `expires`, and is no fault: offline there is
 * nothing newer to be had, and an old root that was signed is not a forged one.
 * @throws {PratiqueError} `TRUST_ROOT_INVALID`
 */
export function verifyCopy(copy: RepositoryCopy, { anchor, target }: TufRepository): VerifiedCopy {
  const set = new TrustedSet(Buffer.from(anchor), undefined);
  takeRootsAfter(set, copy.roots);
  set.takeTimestamp(copy.timestamp);
  set.takeSnapshot(copy.snapshot, true);
  set.takeTargets(copy.targets);
  requireTarget(copy.target, set.target(target));
  const { versions, expires } = set;
  return { copy, text: textOf(copy.target), facts: { fetchedAt: copy.fetchedAt, expires, versions } };
}

/** Takes those of the roots that are newer than the anchor, which a newer version of pratique may have moved on. */
export function takeRootsAfter(set: TrustedSet, roots: readonly Uint8Array[]): void {
  const anchored = set.rootVersion;
  for (const bytes of roots) if (versionOf(bytes) > anchored) set.takeRoot(bytes);
}

/** @throws {PratiqueError} `TRUST_ROOT_INVALID` where the target is not what `targets.json` says, or is vouched for by no strong hash */
export function requireTarget(bytes: Uint8Array, { length, hashes }: TargetInfo): void {
  if (bytes.length !== length)
    throw invalid('the target', `it has ${bytes.length} bytes, and targets.json says ${length}`);
  const known = HASHES.filter((algorithm) => Object.hasOwn(hashes, algorithm));
  if (known.length === 0) throw invalid('targets.json', 'it has no sha256 or sha512 of the target');
  for (const algorithm of known)
    if (createHash(algorithm).update(bytes).digest('hex') !== hashes[algorithm])
      throw invalid('the target', `its ${algorithm} is not the one in targets.json`);
}

/** One text of all of it, so that one rename puts it in its place. */
export function formatCopy(copy: RepositoryCopy): string {
  const { fetchedAt, roots, timestamp, snapshot, targets, target } = copy;
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return JSON.stringify({
    format: FORMAT,
    fetchedAt: fetchedAt.toISOString(),
    roots: roots.map(base64),
    timestamp: base64(timestamp),
    snapshot: base64(snapshot),
    targets: base64(targets),
    target: base64(target),
  });
}

/**
 * Reads what `formatCopy` wrote; nothing in it is verified yet.
 * @throws {PratiqueError} `TRUST_ROOT_INVALID`, `JSON_INVALID`
 */
export function parseCopy(bytes: Uint8Array): RepositoryCopy {
  const where = 'the copy';
  const fields = readFields(readJson(bytes, { where }), { where, code: 'TRUST_ROOT_INVALID' });
  if (fields.integer('format') !== FORMAT) throw fields.error('format', 'another version wrote it');
  const fetched = fields.string('fetchedAt');
  if (!TIME.test(fetched) || Number.isNaN(Date.parse(fetched)))
    throw fields.error('fetchedAt', 'it is no time');
  return {
    fetchedAt: new Date(fetched),
    roots: fields.strings('roots').map((text) => bytesOf(text, fields, 'roots')),
    timestamp: bytesOf(fields.string('timestamp'), fields, 'timestamp'),
    snapshot: bytesOf(fields.string('snapshot'), fields, 'snapshot'),
    targets: bytesOf(fields.string('targets'), fields, 'targets'),
    target: bytesOf(fields.string('target'), fields, 'target'),
  };
}

function bytesOf(text: string, fields: JsonFields, name: string): Uint8Array {
  if (!BASE64.test(text)) throw fields.error(name, 'it is no base64');
  return Buffer.from(text, 'base64');
}

function versionOf(root: Uint8Array): number {
  try {
    const { signed } = JSON.parse(Buffer.from(root).toString()) as { signed?: { version?: unknown } };
    return Number(signed?.version);
  } catch {
    throw invalid('root.json', 'it is no JSON');
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid('the target', 'it is not UTF-8');
  }
}
