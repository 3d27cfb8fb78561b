import { EqualVersionError } from 'tuf-js/dist/error.js';
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { PratiqueError } from '../../errors.ts';
import { isJsonArray, isJsonObject, type JsonValue, readJson } from '../../io/json/strict-json.ts';
import type { CopyFacts } from '../../model/root-in-use.ts';
import { identifyKey } from './key-identity.ts';
import { invalid } from './root-fault.ts';

/** Before this moment no metadata has ever run out. */
const EVER = new Date(0);
const ANCHOR = 'the root.json to start from';
const DEPTH = 32; // Sigstore's metadata have 6
const VALUES = 20_000; // Sigstore's have some 200 in a file
const KEYS = 100; // Sigstore's root has 7
const ENTRIES = 1000; // Sigstore has 6 metadata files and 12 targets
const FREE = new Set(['signed.keys', 'signed.targets', 'signed.meta']);

type RootFields = TrustedMetadataStore['root']['signed'];

/** What `targets.json` says of a file. */
export interface TargetInfo {
  /** bytes */
  readonly length: number;
  /** hex, by algorithm */
  readonly hashes: Readonly<Record<string, string>>;
}

/**
 * The metadata of one TUF repository, each verified by those before it. The order of calls is the specification's: roots one by
 * one, timestamp, snapshot, targets; signatures, thresholds, versions, lengths, hashes and expiry are checked by tuf-js. Its own
 * client is not used: it asks the clock of the process, writes every file before the next is verified, and cannot read a copy
 * whose metadata have run out.
 * @see TUF specification 1.0, section 5, "Detailed client workflow"
 */
export class TrustedSet {
  private readonly store: TrustedMetadataStore;

  /**
   * @param anchor the `root.json` that is trusted as it is
   * @param at the moment that expiry is judged at; `undefined`: not judged, as for a copy that is read offline
   * @throws {PratiqueError} `TRUST_ROOT_INVALID`
   */
  constructor(anchor: Uint8Array, at: Date | undefined) {
    this.store = checked(ANCHOR, anchor, (bytes) => new TrustedMetadataStore(bytes));
    requireKeysOnce(ANCHOR, this.store.root.signed);
    // The library takes the time of the process. A test with another time fails if this field ever goes.
    if (!Reflect.has(this.store, 'referenceTime')) throw invalid(ANCHOR, 'its time cannot be set');
    Reflect.set(this.store, 'referenceTime', at ?? EVER);
  }

  get rootVersion(): number {
    return this.store.root.signed.version;
  }

  /** Whether names of files begin with version or hash, so that a mirror can change without mixing. */
  get isConsistent(): boolean {
    return this.store.root.signed.consistentSnapshot;
  }

  /** The keys that sign timestamp and snapshot, as a text that changes when they do. */
  get onlineKeys(): string {
    const { timestamp, snapshot } = this.store.root.signed.roles;
    return JSON.stringify([timestamp, snapshot].map((role) => [...(role?.keyIDs ?? [])].sort()));
  }

  /** Takes the next root: signed by the one before and by itself, one version further. @throws {PratiqueError} */
  takeRoot(bytes: Uint8Array): void {
    const name = `${this.rootVersion + 1}.root.json`;
    checked(name, bytes, (buffer) => this.store.updateRoot(buffer));
    requireKeysOnce(name, this.store.root.signed);
  }

  /**
   * Takes a timestamp. One of the version that is there already is passed over, as the specification has it.
   * @returns whether it is newer
   * @throws {PratiqueError} `TRUST_ROOT_INVALID`
   */
  takeTimestamp(bytes: Uint8Array): boolean {
    return checked('timestamp.json', bytes, (buffer) => {
      try {
        this.store.updateTimestamp(buffer);
        return true;
      } catch (thrown) {
        if (thrown instanceof EqualVersionError) return false;
        throw thrown;
      }
    });
  }

  /** @param isOwn whether it was verified before: its hash is then not held against the timestamp */
  takeSnapshot(bytes: Uint8Array, isOwn: boolean): void {
    checked('snapshot.json', bytes, (buffer) => this.store.updateSnapshot(buffer, isOwn));
  }

  takeTargets(bytes: Uint8Array): void {
    checked('targets.json', bytes, (buffer) => this.store.updateDelegatedTargets(buffer, 'targets', 'root'));
  }

  /** What the next file in the order must be: its version and, where it is said, its length in bytes. */
  expected(role: 'snapshot' | 'targets'): { readonly version: number; readonly length?: number } {
    const { timestamp, snapshot } = this.store;
    const meta = role === 'snapshot' ? timestamp?.signed.snapshotMeta : snapshot?.signed.meta['targets.json'];
    if (meta === undefined) throw invalid(`${role}.json`, 'no metadata before it speak of it');
    return { version: meta.version, ...(meta.length !== undefined && { length: meta.length }) };
  }

  /** @throws {PratiqueError} `TRUST_ROOT_INVALID` for a name that `targets.json` itself does not have; delegations are not followed */
  target(name: string): TargetInfo {
    const targets = this.store.targets?.signed.targets ?? {};
    const info = Object.hasOwn(targets, name) ? targets[name] : undefined;
    if (info === undefined) throw invalid('targets.json', 'it does not name the target');
    return { length: info.length, hashes: info.hashes };
  }

  get versions(): CopyFacts['versions'] {
    const { root, timestamp, snapshot, targets } = this.store;
    return {
      root: root.signed.version,
      timestamp: timestamp?.signed.version ?? 0,
      snapshot: snapshot?.signed.version ?? 0,
      targets: targets?.signed.version ?? 0,
    };
  }

  /** When the first of the metadata runs out. */
  get expires(): Date {
    const { root, timestamp, snapshot, targets } = this.store;
    const times = [root, timestamp, snapshot, targets].flatMap((one) =>
      one === undefined ? [] : [Date.parse(one.signed.expires)],
    );
    return new Date(Math.min(...times));
  }
}

/** The library counts ids: one key under two of them, however it is spelled, would be a threshold of its own. */
function requireKeysOnce(name: string, { keys, roles }: RootFields): void {
  for (const [role, { keyIDs }] of Object.entries(roles)) {
    const known = keyIDs.flatMap((id) => keys[id]?.keyVal['public'] ?? []).map(identifyKey);
    if (new Set(known).size < known.length) throw invalid(name, `a key of the role ${role} is there twice`);
  }
}

/**
 * The library reads a document whole before it looks whether anybody signed it: it opens every key, and copies what it has of a
 * map for each new entry. What fits in the bytes that are allowed would take it 13 seconds.
 */
function requireFewEntries(name: string, document: JsonValue): void {
  const signed = fieldOf(document, 'signed');
  const delegations = fieldOf(signed, 'delegations');
  for (const [place, value, most] of [
    ['keys', fieldOf(signed, 'keys'), KEYS],
    ['keys', fieldOf(delegations, 'keys'), KEYS],
    ['roles', fieldOf(signed, 'roles'), KEYS],
    ['roles', fieldOf(delegations, 'roles'), ENTRIES],
    ['meta', fieldOf(signed, 'meta'), ENTRIES],
    ['targets', fieldOf(signed, 'targets'), ENTRIES],
  ] as const) {
    const count = isJsonObject(value) ? value.size : isJsonArray(value) ? value.length : 0;
    if (count > most) throw invalid(name, `its ${place} are ${count}; at most ${most} are read`);
  }
}

function fieldOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value.get(name) : undefined;
}

/** Two readers must not see two documents, and nothing may nest so deep that the library's recursion ends. */
function checked<T>(name: string, bytes: Uint8Array, use: (bytes: Buffer) => T): T {
  try {
    requireFewEntries(name, readJson(bytes, { where: name, depth: DEPTH, values: VALUES, free: FREE }));
    return use(Buffer.from(bytes));
  } catch (thrown) {
    throw invalid(name, whyOf(thrown), thrown);
  }
}

function whyOf(thrown: unknown): string {
  if (thrown instanceof PratiqueError) return thrown.message;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
