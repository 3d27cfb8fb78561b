import type { KeyInFile } from '../rule.ts';
import { type Protection, readJavaKeystore } from './keystore.ts';
import { readPkcs12 } from './pkcs12.ts';

const JKS = /^(?:feedfeed|cececece)/;

/** A store whose keys open with the file alone. */
export function readOpenKeystore(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  const store = readStore(file, isWhole);
  if (store === undefined || store.isForDebugging || store.protection === 'password') return undefined;
  return { secret: store.key, isVerified: true, details: { protection: store.protection } };
}

/** A store whose keys are under a password that is nobody's guess. */
export function readLockedKeystore(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  const store = readStore(file, isWhole);
  return store?.protection === 'password' ? { secret: store.key } : undefined;
}

/** The key with which the Android SDK signs what is not released; every machine makes its own. */
export function readDebugKeystore(file: Buffer, isWhole: boolean): KeyInFile | undefined {
  const store = readStore(file, isWhole);
  return store?.isForDebugging === true ? { secret: store.key, isVerified: true } : undefined;
}

interface Store {
  readonly key: Buffer;
  readonly protection: Protection;
  readonly isForDebugging: boolean;
}

/** What was read last: several rules ask for the same file, and passwords take a long time to try. */
const READ = new WeakMap<Buffer, Store | 'none'>();

/** The first key of a store in either format. */
export function readStore(file: Buffer, isWhole: boolean): Store | undefined {
  const before = READ.get(file);
  const store = before === undefined ? openStore(file, isWhole) : before;
  READ.set(file, store ?? 'none');
  return store === 'none' ? undefined : store;
}

function openStore(file: Buffer, isWhole: boolean): Store | undefined {
  if (JKS.test(file.toString('hex', 0, 4))) return readJavaKeystore(file, isWhole);
  const store = readPkcs12(file);
  return store && { ...store, isForDebugging: false };
}
