import type { EntryType, LayerEntry } from '../model/filesystem/layer-entry.ts';
import type { Confidence, Severity } from '../model/finding.ts';
import type { KeptFiles } from './kept-files.ts';
import type { LayerCounts, LayerHit, LayerScan } from './layer-scan.ts';
import type { FileDigests } from './packages/claim.ts';
import type { LayerPackages, StoredDatabase, Witness } from './packages/file-recorder.ts';
import type { Hit } from './rule.ts';

/** Raised when the form changes: what was written in another is not read. */
const FORM = 1;
/** Bytes of the number in front: how many bytes the text has. */
const NUMBER_BYTES = 4;

const TYPES: readonly EntryType[] = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'character',
  'block',
  'fifo',
];
const CHECKS: readonly Hit['check'][] = ['secrets', 'miners', 'yara'];
const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];
const CONFIDENCES: readonly Confidence[] = ['verified', 'high', 'medium', 'low'];

/**
 * What was found in a layer as bytes, for another thread or another process: a text in JSON, and behind it the contents
 * that are bytes themselves. A scan that YARA rules did not finish is none to hand on.
 */
export function encodeLayerScan(scan: LayerScan): Uint8Array<ArrayBuffer> {
  if (scan.yaraFault !== undefined) throw new RangeError('the scan of a layer is not whole');
  const { entries, hits, counts, packages, kept } = scan;
  const pieces: Uint8Array[] = [];
  const put = (bytes: Uint8Array) => pieces.push(bytes) && bytes.length;
  const text = JSON.stringify({
    form: FORM,
    entries: entries.map(fromEntry),
    hits: hits.map(({ path, ordinal, hit }) => [path, ordinal, inOneOrder(hit)]),
    counts: fromCounts(counts),
    witnesses: [...packages.witnesses].map(([ordinal, witness]) => [ordinal, ...fromWitness(witness)]),
    databases: packages.databases.map(({ path, ordinal, size, deflated }) => [
      path,
      ordinal,
      size,
      put(deflated),
    ]),
    tooLarge: packages.tooLarge,
    contents: [...kept.contents].map(([ordinal, content]) => [ordinal, put(content)]),
    left: [...kept.left],
    interpreters: [...kept.interpreters],
  });
  return joinPieces(Buffer.from(text), pieces);
}

function joinPieces(text: Uint8Array, pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const total = pieces.reduce((sum, { length }) => sum + length, NUMBER_BYTES + text.length);
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, NUMBER_BYTES);
  let at = NUMBER_BYTES + text.length;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * Reads what `encodeLayerScan` wrote, and nothing else.
 * @throws {RangeError} where anything is missing, too much or of another kind
 */
export function decodeLayerScan(bytes: Uint8Array): LayerScan {
  const { text, take, end } = open(bytes);
  const fields = fieldsOf(text, [
    'form',
    'entries',
    'hits',
    'counts',
    'witnesses',
    'databases',
    'tooLarge',
    'contents',
    'left',
    'interpreters',
  ]);
  if (fields['form'] !== FORM) throw unknownForm('its form');
  const entries = list(fields['entries']).map(toEntry);
  const ordinal = (value: unknown) => below(value, entries.length);
  const scan: LayerScan = {
    entries,
    hits: list(fields['hits']).map((value) => toHit(value, entries.length)),
    counts: toCounts(fields['counts']),
    packages: {
      witnesses: mapOf(fields['witnesses'], ordinal, toWitness),
      databases: list(fields['databases']).map((value) => toDatabase(value, ordinal, take)),
      tooLarge: list(fields['tooLarge']).map(string),
    } satisfies LayerPackages,
    kept: {
      contents: mapOf(fields['contents'], ordinal, ([length]) => take(count(length))),
      left: mapOf(fields['left'], ordinal, ([why]) => string(why)),
      interpreters: mapOf(fields['interpreters'], ordinal, ([name]) => string(name)),
    } satisfies KeptFiles,
  };
  end();
  return scan;
}

interface Opened {
  readonly text: unknown;
  /** the next bytes behind the text, copied */
  take(length: number): Uint8Array;
  /** throws where there are more */
  end(): void;
}

function open(bytes: Uint8Array): Opened {
  if (bytes.length < NUMBER_BYTES) throw unknownForm('its beginning');
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  let at = NUMBER_BYTES + length;
  if (at > bytes.length) throw unknownForm('its length');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + NUMBER_BYTES, length).toString();
  return {
    text: parsed(text),
    take(count) {
      if (count > bytes.length - at) throw unknownForm('the length of a content');
      at += count;
      return new Uint8Array(bytes.subarray(at - count, at));
    },
    end() {
      if (at !== bytes.length) throw unknownForm('its end');
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unknownForm('its text');
  }
}

function fromEntry(entry: LayerEntry): readonly unknown[] {
  const { path, type, mode, uid, gid, size, linkPath } = entry;
  const { isOverlayWhiteout = false, capabilities = -1, sha256 = '' } = entry;
  const plain = [path, TYPES.indexOf(type), mode, uid, gid, size, linkPath];
  if (!isOverlayWhiteout && capabilities === -1 && sha256 === '') return plain;
  return [...plain, isOverlayWhiteout, capabilities, sha256];
}

function toEntry(value: unknown): LayerEntry {
  const parts = list(value);
  if (parts.length !== 7 && parts.length !== 10) throw unknownForm('an entry');
  const [path, type, mode, uid, gid, size, linkPath, isWhiteout = false, rights = -1, sha256 = ''] = parts;
  return {
    path: string(path),
    type: oneOf(TYPES, TYPES[below(type, TYPES.length)]),
    mode: below(mode, 0o10000),
    uid: below(uid, 2 ** 32),
    gid: below(gid, 2 ** 32),
    size: count(size),
    linkPath: string(linkPath),
    ...(boolean(isWhiteout) && { isOverlayWhiteout: true }),
    ...(rights !== -1 && { capabilities: number(rights) }),
    ...(string(sha256) !== '' && { sha256: string(sha256) }),
  };
}

function toHit(value: unknown, entries: number): LayerHit {
  const [path, ordinal, hit] = tuple(value, 3);
  const isOutside = ordinal === -1;
  return { path: string(path), ordinal: isOutside ? -1 : below(ordinal, entries), hit: readHit(hit) };
}

const HIT_FIELDS = [
  'check',
  'rule',
  'severity',
  'confidence',
  'offset',
  'message',
  'remedy',
  'args',
  'fingerprint',
];

function readHit(value: unknown): Hit {
  const isUnread = typeof value === 'object' && value !== null && 'unread' in value;
  const hit = fieldsOf(value, isUnread ? [...HIT_FIELDS, 'unread'] : HIT_FIELDS);
  if (isUnread && hit['unread'] !== true) throw unknownForm('a hit');
  return {
    check: oneOf(CHECKS, hit['check']),
    rule: string(hit['rule']),
    severity: oneOf(SEVERITIES, hit['severity']),
    confidence: oneOf(CONFIDENCES, hit['confidence']),
    offset: count(hit['offset']),
    message: string(hit['message']),
    remedy: string(hit['remedy']),
    args: readArgs(hit['args']),
    fingerprint: string(hit['fingerprint']),
    ...(isUnread && { unread: true as const }),
  };
}

/** The fields as they are read, so that what was found twice is written alike. */
function inOneOrder({ check, rule, severity, confidence, offset, message, remedy, args, ...rest }: Hit): Hit {
  const { fingerprint, unread } = rest;
  const told = { check, rule, severity, confidence, offset, message, remedy, args, fingerprint };
  return unread === undefined ? told : { ...told, unread };
}

function readArgs(value: unknown): Hit['args'] {
  const args = object(value);
  for (const one of Object.values(args)) {
    if (typeof one === 'string' || typeof one === 'number') continue;
    list(one).forEach(string);
  }
  return args as Hit['args'];
}

function fromCounts({ files, compressedBytes, expandedBytes, contentBytes }: LayerCounts): readonly number[] {
  return [files, compressedBytes, expandedBytes, contentBytes];
}

function toCounts(value: unknown): LayerCounts {
  const [files, compressedBytes, expandedBytes, contentBytes] = tuple(value, 4).map(count);
  return {
    files: count(files),
    compressedBytes: count(compressedBytes),
    expandedBytes: count(expandedBytes),
    contentBytes: count(contentBytes),
  };
}

function fromWitness({ path, digests, source }: Witness): readonly unknown[] {
  const own = [path, fromDigests(digests)];
  return source === undefined ? own : [...own, source.path, fromDigests(source.digests)];
}

function toWitness(parts: readonly unknown[]): Witness {
  if (parts.length !== 2 && parts.length !== 4) throw unknownForm('a witness');
  const [path, digests, sourcePath, sourceDigests] = parts;
  const own = { path: string(path), digests: toDigests(digests) };
  if (parts.length === 2) return own;
  return { ...own, source: { path: string(sourcePath), digests: toDigests(sourceDigests) } };
}

function fromDigests({ md5, sha1, sha256 }: FileDigests): readonly string[] {
  return [md5, sha1, sha256];
}

function toDigests(value: unknown): FileDigests {
  const [md5, sha1, sha256] = tuple(value, 3);
  return { md5: string(md5), sha1: string(sha1), sha256: string(sha256) };
}

function toDatabase(
  value: unknown,
  ordinal: (value: unknown) => number,
  take: (length: number) => Uint8Array,
): StoredDatabase {
  const [path, place, size, length] = tuple(value, 4);
  const known = { path: string(path), ordinal: ordinal(place), size: count(size) };
  return { ...known, deflated: take(count(length)) };
}

/** A map by position, from lists that begin with it. */
function mapOf<T>(
  value: unknown,
  key: (value: unknown) => number,
  read: (rest: readonly unknown[]) => T,
): ReadonlyMap<number, T> {
  const map = new Map<number, T>();
  for (const one of list(value)) {
    const [first, ...rest] = list(one);
    if (rest.length === 0 || map.has(key(first))) throw unknownForm('a map');
    map.set(key(first), read(rest));
  }
  return map;
}

function fieldsOf(value: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  const fields = object(value);
  const isWhole = names.every((name) => Object.hasOwn(fields, name));
  if (!isWhole || Object.keys(fields).length !== names.length) throw unknownForm('its fields');
  return fields;
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unknownForm('an object');
  return value as Record<string, unknown>;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw unknownForm('a list');
  return value;
}

function tuple(value: unknown, length: number): readonly unknown[] {
  const parts = list(value);
  if (parts.length !== length) throw unknownForm('a list');
  return parts;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw unknownForm('a text');
  return value;
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw unknownForm('a yes or no');
  return value;
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw unknownForm('a number');
  return value;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw unknownForm('a count');
  return value as number;
}

function below(value: unknown, end: number): number {
  const known = count(value);
  if (known >= end) throw unknownForm('a position');
  return known;
}

function oneOf<T>(known: readonly T[], value: unknown): T {
  if (!known.includes(value as T)) throw unknownForm('a name');
  return value as T;
}

function unknownForm(what: string): RangeError {
  return new RangeError(`not the scan of a layer, or one of another version: ${what}`);
}
