import type { ImageTarget } from '../model/image-target.ts';

/**
 * A target that is only looked at: questions go to the registry, writes go nowhere. So the same steps tell what they
 * would do.
 * @param mayMount whether the registry holds the source as well; that it would take a blob over is then taken for granted
 */
export function dryTarget(target: ImageTarget, mayMount: boolean): ImageTarget {
  const nothing = async () => {};
  return {
    name: target.name,
    lookUp: (tag) => target.lookUp(tag),
    hasBlob: (what) => target.hasBlob(what),
    hasManifest: (what) => target.hasManifest(what),
    manifest: (what) => target.manifest(what),
    referrers: (subject) => target.referrers(subject),
    mount: async () => mayMount,
    upload: nothing,
    putManifest: nothing,
    putReferrer: nothing,
    putTag: nothing,
    close: nothing,
  };
}
