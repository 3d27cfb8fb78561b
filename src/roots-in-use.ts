import { notAsked } from './io/fetch-url.ts';
import type { Limits } from './io/limits.ts';
import type { RootInUse } from './model/root-in-use.ts';
import type { TrustRoot } from './model/trust-root.ts';
import type { Signer } from './model/trusted.ts';
import { requireUsableRoot } from './policy/signers/trust-root-content.ts';

/** The trust roots of a policy, each had once for many images, and looked after again some minutes later. */
export interface RootKeeper {
  /** as a check uses it; its mirror is asked where the policy says so. Never throws */
  inUse(root: TrustRoot): Promise<RootInUse>;
  /** as it is here; nobody is asked. Never throws */
  atHand(root: TrustRoot): Promise<RootInUse>;
  /** asks its mirror. @throws {PratiqueError} as `refreshRoot` in `trust/roots/keep-root.ts` */
  refresh(root: TrustRoot): Promise<RootInUse>;
}

export interface KeeperOptions {
  /** for the place of the cache, and for proxies */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** PEM file of certificate authorities to trust beside the system's */
  readonly caFile?: string;
  readonly signal?: AbortSignal;
  /** no mirror is asked: each is taken to be down */
  readonly offline?: boolean;
  readonly limits: Limits;
  readonly now: () => Date;
}

/** A mirror that is down must not hold a check up for long; all files of Sigstore's together come within one. */
const SECONDS = 20;

/** Seconds after which the cache is looked into again: another process may have renewed it, or a mirror be back. */
const LOOK_AGAIN_SECONDS = 300;

/** Makes a keeper. Nothing is read or sent before it is asked, and nothing of TUF is loaded for a root that is a file. */
export function rootKeeper(options: KeeperOptions): RootKeeper {
  const known = new Map<TrustRoot, Had>();
  return {
    inUse(root) {
      const at = options.now().getTime();
      const before = known.get(root);
      if (before !== undefined && !isOver(before, root, at)) return before.found;
      const next = onceLoaded(root, options, ({ rootInUse }, reach) => rootInUse(root, reach));
      const had: Had = { at, found: next.then((found) => afterwards(before?.result, found)) };
      known.set(root, had);
      return had.found.then((result) => {
        had.result = result;
        return result;
      });
    },
    atHand: (root) => onceLoaded(root, options, ({ rootAtHand }, reach) => rootAtHand(root, reach)),
    refresh: (root) => load(options).then(({ engine, reach }) => engine.refreshRoot(root, reach)),
  };
}

interface Had {
  readonly found: Promise<RootInUse>;
  /** what was found, once it is */
  result?: RootInUse;
  /** milliseconds since 1970 */
  readonly at: number;
}

/** Whether a root is to be looked after again: a gate may live for weeks. */
function isOver({ at, result }: Had, { repository }: TrustRoot, now: number): boolean {
  const { refreshSeconds } = repository ?? {};
  const sinceFetched = now - (result?.copy?.fetchedAt.getTime() ?? Number.NEGATIVE_INFINITY);
  if (refreshSeconds !== undefined && sinceFetched >= 0 && sinceFetched <= refreshSeconds * 1000)
    return false;
  return Math.abs(now - at) > Math.min(refreshSeconds ?? LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS) * 1000;
}

/** What could not be kept, or is no longer, is only here: a mirror that is down must not lead back to what is older. */
function afterwards(before: RootInUse | undefined, found: RootInUse): RootInUse {
  const isLess = found.from === 'nowhere' || found.from === 'built-in';
  return before?.copy !== undefined && isLess ? { ...before, notes: found.notes } : found;
}

type Engine = typeof import('./trust/roots/keep-root.ts');
type EngineReach = Parameters<Engine['rootInUse']>[1];

async function onceLoaded(
  root: TrustRoot,
  options: KeeperOptions,
  use: (engine: Engine, reach: EngineReach) => Promise<RootInUse>,
): Promise<RootInUse> {
  if (root.repository === undefined) return { root, from: 'file', notes: [] };
  const { engine, reach } = await load(options);
  return use(engine, reach);
}

/** Most policies have keys for signers, and then nothing of this is loaded. */
async function load(options: KeeperOptions): Promise<{ engine: Engine; reach: EngineReach }> {
  const engine = await import('./trust/roots/keep-root.ts');
  const { cacheFolderOf } = await import('./trust/roots/cache-folder.ts');
  const { openWebFolder } = await import('./sources/web-folder.ts');
  const { env, caFile, signal, offline = false, limits, now } = options;
  const cacheFolder = cacheFolderOf(env);
  const reach: EngineReach = {
    ...(cacheFolder !== undefined && { cacheFolder }),
    now,
    requireUsable: requireUsableRoot,
    openMirror(url) {
      if (offline) return { get: () => Promise.reject(notAsked(url)), close: async () => {} };
      const over = AbortSignal.timeout(SECONDS * 1000);
      return openWebFolder(url, {
        env,
        limits,
        now: () => now().getTime(),
        warn: () => {},
        signal: signal === undefined ? over : AbortSignal.any([signal, over]),
        ...(caFile !== undefined && { caFile }),
      });
    },
  };
  return { engine, reach };
}

/** The signers of a policy with their roots as they are used now, and what is to be told of these. Never throws. */
export async function signersInUse(
  signers: ReadonlyMap<string, Signer>,
  keeper: Pick<RootKeeper, 'inUse'>,
): Promise<{ readonly signers: ReadonlyMap<string, Signer>; readonly notes: readonly string[] }> {
  const roots = new Set([...signers.values()].flatMap((one) => (one.kind === 'keyless' ? [one.root] : [])));
  // All at once: three mirrors that are down hold a check up no longer than one.
  const found = new Map(
    await Promise.all([...roots].map(async (root) => [root, await keeper.inUse(root)] as const)),
  );
  const used = [...signers].map(([name, signer]): readonly [string, Signer] => {
    if (signer.kind !== 'keyless') return [name, signer];
    return [name, { ...signer, root: found.get(signer.root)?.root ?? signer.root }];
  });
  const notes = new Set([...found.values()].flatMap((one) => one.notes));
  return { signers: new Map(used), notes: [...notes] };
}
