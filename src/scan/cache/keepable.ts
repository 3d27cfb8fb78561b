import type { LayerScan } from '../layer-scan.ts';
import { UNSCANNED_RULE } from '../unpack/unscanned.ts';

/** Bytes at the beginning of a script in which its interpreter stands. @see `LINE_BYTES` in `kept-files.ts` */
const LINE_BYTES = 256;

/**
 * Whether what was found in a layer may be written to a disk. Of most files it says where they lie and no more; but names
 * are told as they are, and so are the contents of a few files, databases of packages and interpreters of scripts. Where a
 * secret was found in any of these, nothing of the layer is kept, and it is read again each time.
 */
export function isKeepable({ hits, kept, packages, yaraFault }: LayerScan): boolean {
  if (yaraFault !== undefined) return false;
  const told = new Set([...kept.contents.keys(), ...packages.databases.map(({ ordinal }) => ordinal)]);
  return !hits.some(({ ordinal, hit }) => {
    if (hit.check !== 'secrets' || hit.rule === UNSCANNED_RULE) return false;
    if (hit.args['part'] !== undefined || told.has(ordinal)) return true;
    return kept.interpreters.has(ordinal) && hit.offset < LINE_BYTES;
  });
}
