import type { LookupFunction } from 'node:net';
import type { Limits } from '../../io/limits.ts';

/** What the registry client may use of the world; nothing else is read from the process. */
export interface RegistryOptions {
  /** for proxies (`HTTPS_PROXY`, `NO_PROXY`, …) and for finding credential files and helpers */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits: Limits;
  /** milliseconds since 1970 */
  readonly now: () => number;
  /** takes what a registry wants people to read; printable, each text once */
  readonly warn: (text: string) => void;
  /** registries, as in image names, that are spoken to over plain http */
  readonly insecure?: readonly string[];
  /** PEM certificates that are trusted beside those of the system */
  readonly caFile?: string;
  /** a `config.json` or `auth.json` to look into first; must exist */
  readonly authFile?: string;
  /** token servers (`host` or `host:port`) that may be given the credentials of any registry */
  readonly allowRealms?: readonly string[];
  /** whom a host imitates that the registry names, as a printable clause; one that does is not spoken to */
  readonly imitated?: (host: string) => string | undefined;
  readonly userAgent?: string;
  readonly signal?: AbortSignal;
  /** waits; tests pass their own */
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** resolves host names; tests pass their own */
  readonly lookup?: LookupFunction;
  /** bytes of each chunk of a large blob that is pushed, 8 MiB where absent; tests pass their own */
  readonly chunkBytes?: number;
}
