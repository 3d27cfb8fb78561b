import type { Gate } from '../gate.ts';
import type { Digest } from '../model/digest.ts';
import type { ImageSource } from '../model/image-source.ts';

/** A gate that writes down what is attached through it. */
export interface WatchedGate {
  readonly gate: Gate;
  /** the referrers that were pushed, in their order */
  readonly attached: readonly Digest[];
}

/** Watches what a gate opens for attaching. */
export function watchAttached(gate: Gate): WatchedGate {
  const attached: Digest[] = [];
  return {
    gate: { ...gate, open: (target, warn) => watched(gate.open(target, warn), attached) },
    attached,
  };
}

function watched(source: ImageSource, attached: Digest[]): ImageSource {
  const { attach } = source;
  if (attach === undefined) return source;
  return {
    name: source.name,
    resolve: (options) => source.resolve(options),
    referrers: (subject) => source.referrers(subject),
    companion: (subject, suffix) => source.companion(subject, suffix),
    manifest: (what) => source.manifest(what),
    blob: (what) => source.blob(what),
    async attach(subject, attachment) {
      const referrer = await attach.call(source, subject, attachment);
      attached.push(referrer.digest);
      return referrer;
    },
    close: () => source.close(),
  };
}
