import type { ImageSource } from '../../model/image-source.ts';
import type { Target } from '../../model/target.ts';
import { openSource } from '../open.ts';
import type { RegistryOptions } from '../registry/registry-options.ts';
import { PackedSource } from './packed-source.ts';

/** Opens sources, and keeps those of the local engine open. */
export interface HeldEngine {
  readonly open: typeof openSource;
  close(): Promise<void>;
}

/**
 * Makes what opens an image of the local engine once for all who want it, with its layers packed: a name there can stand for
 * another image between the judging and the pushing.
 */
export function holdEngine(): HeldEngine {
  const held = new Map<string, ImageSource>();
  return {
    open(target: Target, options: RegistryOptions) {
      if (target.kind !== 'docker-daemon') return openSource(target, options);
      const source = held.get(target.image) ?? new PackedSource(openSource(target, options), options.limits);
      held.set(target.image, source);
      return withoutClose(source);
    },
    async close() {
      for (const source of held.values()) await source.close();
      held.clear();
    },
  };
}

function withoutClose(source: ImageSource): ImageSource {
  return {
    name: source.name,
    resolve: (options) => source.resolve(options),
    manifest: (what) => source.manifest(what),
    blob: (what) => source.blob(what),
    referrers: (subject) => source.referrers(subject),
    companion: (subject, suffix) => source.companion(subject, suffix),
    async close() {},
  };
}
