import { PratiqueError } from '../../errors.ts';
import { quoted } from '../../model/printable.ts';
import { PUBLIC_GOOD, type TrustRoot } from '../../model/trust-root.ts';
import type { Signer } from '../../model/trusted.ts';
import { attempt } from '../faults.ts';
import type { PolicyFile } from '../schema.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Path } from '../yaml-places.ts';
import { readSigner } from './signer-file.ts';
import { publicGood, readTrustRoot } from './trust-root-file.ts';
import { isRefreshOnly, type TrustRootFile } from './trust-root-schema.ts';

/** Reads the `trust-roots` of a file; faults are added. */
export async function trustRootsOf(
  written: PolicyFile,
  { file, files, faults, folder, trustRoots }: Surroundings,
): Promise<ReadonlyMap<string, TrustRoot>> {
  const own = new Map<string, TrustRoot>();
  for (const [name, root] of Object.entries(written['trust-roots'] ?? {})) {
    const path: Path = ['trust-roots', name];
    const read = await settled(readTrustRoot(name, root, { folder, files }));
    if (name === PUBLIC_GOOD && !isRefreshOnly(root))
      faults.add(
        file,
        path,
        'this is the name of the instance that is built in; only its refresh can be set',
      );
    else if (trustRoots.has(name))
      faults.add(file, path, 'the file that this one extends has a trust root of that name');
    const value = attempt(faults, file, [...path, ...keyOf(root)], read);
    if (value !== undefined) own.set(name, value);
  }
  return own;
}

/** Where the file is named that a fault of a root is about. */
function keyOf(root: TrustRootFile): Path {
  if (root.file !== undefined) return ['file'];
  return root.tuf === undefined ? [] : ['tuf', 'root'];
}

/** What was read, or the fault that reading ended in, to be thrown where faults are collected. */
async function settled<T>(reading: Promise<T>): Promise<() => T> {
  return reading.then(
    (value) => () => value,
    (thrown: unknown) => () => {
      throw thrown;
    },
  );
}

/**
 * The trust root of a name: one of the file's own, one of the files that it extends, or the public instance.
 * @throws {PratiqueError} `POLICY_INVALID` where there is none
 */
export function rootNamed(
  name: string | undefined,
  trustRoots: ReadonlyMap<string, TrustRoot>,
  { trustRoots: before }: Pick<Surroundings, 'trustRoots'>,
): TrustRoot {
  const wanted = name ?? PUBLIC_GOOD;
  const root = trustRoots.get(wanted) ?? before.get(wanted);
  if (root !== undefined) return root;
  if (wanted === PUBLIC_GOOD) return publicGood();
  throw new PratiqueError('POLICY_INVALID', { what: `no trust root has the name ${quoted(wanted)}` });
}

/** Reads the `signers` of a file, and the keys that they name; faults are added. */
export async function signersOf(
  written: PolicyFile,
  trustRoots: ReadonlyMap<string, TrustRoot>,
  around: Surroundings,
): Promise<ReadonlyMap<string, Signer>> {
  const { file, files, faults, folder, env, signers } = around;
  const known = new Map<string, Signer>();
  for (const [name, signer] of Object.entries(written.signers ?? {})) {
    const path: Path = 'key' in signer ? ['signers', name, 'key'] : ['signers', name];
    const root = 'root' in signer ? signer.root : undefined;
    if (root !== undefined && Object.hasOwn(written['trust-roots'] ?? {}, root) && !trustRoots.has(root))
      continue; // its root's fault is told
    if (signers.has(name)) faults.add(file, path, 'the file that this one extends has a signer of that name');
    const read = await settled(
      readSigner(name, signer, (root) => rootNamed(root, trustRoots, around), { folder, files, env }),
    );
    const value = attempt(faults, file, path, read);
    if (value === undefined) continue;
    const twin = [...known.values()].find((one) => isSameKey(one, value));
    // Which of the two signed could not be told, and a demand for the other would never be met.
    if (twin !== undefined) faults.add(file, path, `it is the same key as that of ${quoted(twin.name)}`);
    known.set(name, value);
  }
  return known;
}

function isSameKey(one: Signer, other: Signer): boolean {
  return one.kind === 'key' && other.kind === 'key' && one.publicKey === other.publicKey;
}
