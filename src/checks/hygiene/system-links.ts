import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { LayerEntry } from '../../model/filesystem/layer-entry.ts';
import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { EntryPlace, ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

/** Folders over which runtimes mount. */
const SYSTEM: ReadonlySet<string> = new Set(['dev', 'proc', 'sys']);

/**
 * Finds layers in which a folder that runtimes mount over is a link, or no folder: the mount may land elsewhere, or
 * nowhere (CVE-2023-28642, CVE-2026-41579). Also where a later layer puts a folder there, as the image may be a base.
 */
export const hygieneSystemLinks: FileCheck = {
  id: 'hygiene.system-links',
  reads: 'files',
  run({ files }) {
    const found: Strange[] = [];
    for (const { layer, ordinal, entry } of files.entries()) {
      if (!SYSTEM.has(entry.path) || entry.type === 'directory') continue;
      const isVisible = files.filesystem.visibility(layer, entry.path, ordinal) === 'visible';
      found.push({ layer, ordinal, path: entry.path, entry, isVisible });
    }
    for (const path of SYSTEM) {
      const file = files.filesystem.lookup(path);
      // An entry may have it under another path: `x/proc`, where `x` is a link to the root.
      if (file === undefined || file.type === 'directory' || found.some((one) => isSame(one, file))) continue;
      found.push({ layer: file.layer, ordinal: file.ordinal, path, entry: file, isVisible: true });
    }
    found.sort((a, b) => Number(b.isVisible) - Number(a.isVisible));
    return tellFew(found, (one) => isNoFolder(files, one));
  },
};

interface Strange extends EntryPlace {
  readonly entry: Pick<LayerEntry, 'type' | 'linkPath'>;
  readonly isVisible: boolean;
}

function isSame(one: Strange, file: FileNode): boolean {
  return one.path === file.path && one.layer === file.layer && one.isVisible;
}

function isNoFolder(files: ImageFiles, strange: Strange): Finding {
  const { path, isVisible, entry } = strange;
  const { type } = entry;
  const isLink = type === 'symlink';
  const what = isLink ? `a link to ${quoted(files.clean(entry.linkPath))}` : `a ${type}`;
  return makeFinding(
    {
      rule: 'hygiene.system-links',
      severity: isVisible ? 'high' : 'low',
      confidence: 'verified',
      message: `/${path} is ${what} and no folder${isVisible ? '' : ', in a layer that a later one covers'}`,
      remedy: `Make /${path} an empty folder, or leave it out`,
      where: files.locate(strange),
      args: { type, ...(isLink ? { target: files.clean(entry.linkPath) } : {}) },
    },
    [path, type, entry.linkPath],
  );
}
