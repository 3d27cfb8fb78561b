import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { TufRepository } from '../../src/model/trust-root.ts';
import type { Mirror } from '../../src/trust/roots/mirror.ts';

export type RoleName = 'root' | 'timestamp' | 'snapshot' | 'targets';

/** A key of a role; made anew in each run. */
export interface RoleKey {
  readonly id: string;
  readonly json: Record<string, unknown>;
  readonly privateKey: KeyObject;
}

interface Role {
  keys: RoleKey[];
  threshold: number;
}

/** What is signed next. Everything can be changed before `publish` and `nextRoot`. */
export interface State {
  version: Record<RoleName, number>;
  expires: Record<RoleName, string>;
  roles: Record<RoleName, Role>;
  isConsistent: boolean;
  target: { name: string; text: string };
  /** what timestamp and snapshot say of the next file, beside its version */
  meta: Record<'snapshot' | 'targets', Record<string, unknown>>;
  /** changes what is signed of a role */
  change: Partial<Record<RoleName, (signed: Record<string, unknown>) => void>>;
  /** who signs instead of the role's own keys */
  signedBy: Partial<Record<RoleName, readonly RoleKey[]>>;
}

const LATER = '2030-01-01T00:00:00Z';
const ROLES: readonly RoleName[] = ['root', 'timestamp', 'snapshot', 'targets'];

export function roleKey(kind: 'ed25519' | 'ecdsa' = 'ed25519'): RoleKey {
  const { publicKey, privateKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bare = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  const json =
    kind === 'ed25519'
      ? { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: bare } }
      : {
          keytype: 'ecdsa',
          scheme: 'ecdsa-sha2-nistp256',
          keyval: { public: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
        };
  return { id: createHash('sha256').update(canonical(json)).digest('hex'), json, privateKey };
}

/** A TUF repository with keys of its own: four roles, signed by hand; the test changes what it likes. */
export function tufRepository(text: string) {
  const files = new Map<string, Buffer>();
  const asked: string[] = [];
  const state: State = {
    version: { root: 1, timestamp: 1, snapshot: 1, targets: 1 },
    expires: { root: LATER, timestamp: LATER, snapshot: LATER, targets: LATER },
    roles: {
      root: { keys: [roleKey(), roleKey('ecdsa'), roleKey()], threshold: 2 },
      timestamp: { keys: [roleKey('ecdsa')], threshold: 1 },
      snapshot: { keys: [roleKey()], threshold: 1 },
      targets: { keys: [roleKey(), roleKey('ecdsa')], threshold: 2 },
    },
    isConsistent: true,
    target: { name: 'trusted_root.json', text },
    meta: { snapshot: {}, targets: {} },
    change: {},
    signedBy: {},
  };
  let rootKeys: readonly RoleKey[] = [];

  function document(role: RoleName, fields: Record<string, unknown>, signers: readonly RoleKey[]): Buffer {
    const signed = {
      _type: role,
      spec_version: '1.0.31',
      version: state.version[role],
      expires: state.expires[role],
      ...fields,
    };
    state.change[role]?.(signed);
    const unique = [...new Map(signers.map((key) => [key.id, key])).values()];
    return Buffer.from(JSON.stringify({ signatures: unique.map((key) => signatureOf(key, signed)), signed }));
  }

  function put(role: RoleName, fields: Record<string, unknown>): Buffer {
    const bytes = document(role, fields, state.signedBy[role] ?? state.roles[role].keys);
    const isVersioned = state.isConsistent && role !== 'timestamp';
    files.set(isVersioned ? `${state.version[role]}.${role}.json` : `${role}.json`, bytes);
    return bytes;
  }

  /** Signs a root with its own keys and those of the one before. */
  function putRoot(): Buffer {
    const keys = Object.fromEntries(
      ROLES.flatMap((role) => state.roles[role].keys).map(({ id, json }) => [id, json]),
    );
    const roles = Object.fromEntries(
      ROLES.map((role) => [
        role,
        { keyids: state.roles[role].keys.map(({ id }) => id), threshold: state.roles[role].threshold },
      ]),
    );
    const fields = { consistent_snapshot: state.isConsistent, keys, roles };
    const bytes = document('root', fields, state.signedBy.root ?? [...rootKeys, ...state.roles.root.keys]);
    rootKeys = state.roles.root.keys;
    files.set(`${state.version.root}.root.json`, bytes);
    return bytes;
  }

  /** Signs targets, snapshot and timestamp as the state has them. */
  function publish(): void {
    const { name, text: content } = state.target;
    const hash = createHash('sha256').update(content).digest('hex');
    const at = name.lastIndexOf('/') + 1;
    const file = state.isConsistent ? `${name.slice(0, at)}${hash}.${name.slice(at)}` : name;
    files.set(`targets/${file}`, Buffer.from(content));
    const info = { length: Buffer.byteLength(content), hashes: { sha256: hash } };
    put('targets', { targets: { [name]: info } });
    put('snapshot', { meta: { 'targets.json': { version: state.version.targets, ...state.meta.targets } } });
    put('timestamp', {
      meta: { 'snapshot.json': { version: state.version.snapshot, ...state.meta.snapshot } },
    });
  }

  const anchor = putRoot().toString();
  publish();

  return {
    state,
    files,
    /** paths in the order in which they were asked for */
    asked,
    anchor,
    publish,
    /** the next version of everything but the root */
    advance(target = state.target.text): void {
      state.target = { ...state.target, text: target };
      for (const role of ['timestamp', 'snapshot', 'targets'] as const) state.version[role] += 1;
      publish();
    },
    /** the next version of the root, signed by its keys and those of the one before */
    nextRoot(change: () => void = () => {}): Buffer {
      change();
      state.version.root += 1;
      return putRoot();
    },
    describe(mirror = 'https://tuf.example'): TufRepository {
      return { mirror, anchor, target: state.target.name };
    },
    /** the same without a network */
    mirror(): Mirror {
      return {
        get: async (path, limit) => {
          asked.push(path);
          const bytes = files.get(path);
          if (bytes !== undefined && bytes.length > limit) throw new Error(`${path} is too long`);
          return bytes;
        },
      };
    },
  };
}

export type TestRepository = ReturnType<typeof tufRepository>;

function signatureOf(key: RoleKey, signed: unknown) {
  const bytes = Buffer.from(canonical(signed));
  const sig = sign(key.json['keytype'] === 'ecdsa' ? 'sha256' : null, bytes, key.privateKey);
  return { keyid: key.id, sig: sig.toString('hex') };
}

/** Canonical JSON, as TUF signs it: keys in order, no blanks, of the escapes only those of quote and backslash. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'string') return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  if (typeof value !== 'object' || value === null) return String(value);
  const object = value as Record<string, unknown>;
  const names = Object.keys(object).sort();
  return `{${names.map((name) => `${canonical(name)}:${canonical(object[name])}`).join(',')}}`;
}
