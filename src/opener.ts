import { imitatedHost } from './checks/name/imitated-host.ts';
import { type FetchUrl, notAsked, openFetch } from './io/fetch-url.ts';
import type { BaseChain, BaseKnowledge } from './model/base.ts';
import type { Catalogue } from './model/catalogue.ts';
import type { Image } from './model/image.ts';
import type { ImageSource } from './model/image-source.ts';
import type { ImageTarget } from './model/image-target.ts';
import { formatReference, type Reference } from './model/reference.ts';
import type { Target } from './model/target.ts';
import type { Signer } from './model/trusted.ts';
import type { Policy } from './policy/policy.ts';
import { rootKeeper, signersInUse } from './roots-in-use.ts';
import { findAmong } from './sources/approved-bases.ts';
import { openSource } from './sources/open.ts';
import { proxyFor } from './sources/registry/proxies.ts';
import { openRegistryCatalogue } from './sources/registry/registry-catalogue.ts';
import { openRegistryTarget } from './sources/registry/registry-target.ts';
import { type CollectEvidence, makeCollector } from './trust/collect-once.ts';

/** How registries are reached; nothing here decides about an image. */
export interface Reach {
  /** for credential files, helpers and proxies; the process's environment, or none */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** hosts (with port) that are spoken to over plain http; loopback is anyway */
  readonly insecure?: readonly string[];
  /** PEM file of certificate authorities to trust beside the system's */
  readonly caFile?: string;
  /** token servers (host, with port) that may be given the credentials of any registry */
  readonly allowRealms?: readonly string[];
  /** a docker `config.json` or podman `auth.json`, instead of the usual places */
  readonly authFile?: string;
  /** nobody is asked but the image's registry and its token server: no mirror of trust roots, no server that a certificate names */
  readonly offline?: boolean;
  /** ends what is under way */
  readonly signal?: AbortSignal;
}

export interface OpenerOptions extends Reach {
  readonly policy: Policy;
  /** opens sources in another way than `openSource` does */
  readonly openSource?: typeof openSource;
  readonly now?: () => Date;
}

type Warn = (text: string) => void;

/**
 * Opens what images are read from and written to, as a policy and a reach say. It judges nothing, and knows no rules: whoever only
 * reads does not wait for them. What `over` ends is ended with it.
 */
export interface Opener {
  /** Opens the source of a target, for whoever wants to read or attach; the caller closes it. */
  open(target: Target, warn?: Warn, over?: AbortSignal): ImageSource;
  /** Makes what finds the evidence beside digests of a source: by the policy's signers and their trust roots. */
  collector(source: ImageSource, warn?: Warn, over?: AbortSignal): CollectEvidence;
  /** Opens the lists of a registry; the caller closes it. */
  openCatalogue(registry: string, warn?: Warn): Catalogue;
  /** Opens a repository for writing; the caller closes it. */
  openTarget(reference: Reference, warn?: Warn): ImageTarget;
  /** The base that an image stands on, among those that the policy approves. Never throws for what a registry does. */
  findBase(image: Image, warn?: Warn, over?: AbortSignal): Promise<BaseKnowledge>;
  /** Signers with their trust roots as they are now; what is to be told of these goes to `warn`. */
  signersNow(signers: ReadonlyMap<string, Signer>, warn: Warn): Promise<ReadonlyMap<string, Signer>>;
}

/** Makes an opener. Nothing is read or sent before something that it opens is asked. */
export function createOpener(options: OpenerOptions): Opener {
  const { policy, now = () => new Date() } = options;
  const known = new Map<string, readonly BaseChain[]>();
  const roots = rootKeeper({ ...reachOf(options, undefined), limits: policy.limits, now });
  const registryOptions = (reference: Reference | undefined, warn: Warn = () => {}, over?: AbortSignal) => ({
    ...reachOf(options, over),
    limits: policy.limits,
    now: () => now().getTime(),
    warn,
    imitated: (host: string) => {
      const found = imitatedHost(host, reference, policy);
      if (found?.isOnlyTold) warn(found.why);
      return found?.isOnlyTold ? undefined : found?.why;
    },
  });
  const open: Opener['open'] = (target, warn, over) =>
    (options.openSource ?? openSource)(target, registryOptions(target.reference, warn, over));
  const signersNow: Opener['signersNow'] = async (all, warn) => {
    const { signers, notes } = await signersInUse(all, roots);
    for (const note of notes) warn(note);
    return signers;
  };
  return {
    open,
    signersNow,
    collector: (source, warn = () => {}, over) =>
      makeCollector(source, () => signersNow(policy.signers, warn), policy.limits, {
        now: now(),
        fetchUrl: fetchFor(options, over),
      }),
    openCatalogue: (registry, warn) =>
      openRegistryCatalogue(registry, registryOptions({ registry, repository: '' }, warn)),
    openTarget: (reference, warn) => openRegistryTarget(reference, registryOptions(reference, warn)),
    findBase: (image, warn, over) =>
      findAmong({
        bases: policy.bases,
        known,
        open: (reference) =>
          open({ kind: 'registry', text: formatReference(reference), reference }, warn, over),
      })(image),
  };
}

/** Asks the servers that certificates name, through the same proxies. */
function fetchFor(reach: Reach, over: AbortSignal | undefined): FetchUrl {
  if (reach.offline === true) return ({ url }) => Promise.reject(notAsked(url));
  const signal = signalOf(reach, over);
  return openFetch({ proxyFor: (url) => proxyFor(url, reach.env), ...(signal && { signal }) });
}

function signalOf({ signal }: Reach, over: AbortSignal | undefined): AbortSignal | undefined {
  return signal && over ? AbortSignal.any([signal, over]) : (signal ?? over);
}

function reachOf(reach: Reach, over: AbortSignal | undefined): Reach {
  const { env, insecure, allowRealms, caFile, authFile, offline } = reach;
  const signal = signalOf(reach, over);
  return {
    env,
    ...(insecure && { insecure }),
    ...(allowRealms && { allowRealms }),
    ...(caFile !== undefined && { caFile }),
    ...(authFile !== undefined && { authFile }),
    ...(offline && { offline }),
    ...(signal && { signal }),
  };
}
