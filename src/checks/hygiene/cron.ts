import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import { SCHEDULED } from '../../scan/kept-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

/**
 * Finds what is started by the clock or at boot and is not the base's: tables of cron, and units of systemd. Without a known base
 * nothing is told, as every distribution brings its own. Source: crontab(5), systemd.unit(5).
 */
export const hygieneCron: FileCheck = {
  id: 'hygiene.cron',
  reads: 'files',
  run({ files }, { base }) {
    const first = base?.match?.layers;
    if (first === undefined) return [];
    const found = new Map<string, FileNode>();
    for (const { layer, ordinal, entry } of files.entries()) {
      if (layer < first || entry.type === 'directory' || !SCHEDULED.test(entry.path)) continue;
      const file = files.filesystem.made(layer, ordinal);
      if (file !== undefined) found.set(file.path, file);
    }
    const isVouched = (file: FileNode) => files.packageOf(file)?.by === 'digest';
    const all = [...found.values()].sort((a, b) => Number(isVouched(a)) - Number(isVouched(b)));
    return tellFew(all, (file) => findingOf(files, file, isVouched(file)));
  },
};

function findingOf(files: ImageFiles, file: FileNode, isVouched: boolean): Finding {
  const where = files.locate(file);
  const owner = files.packageOf(file);
  return makeFinding(
    {
      rule: 'hygiene.cron',
      severity: isVouched ? 'info' : 'low',
      confidence: 'high',
      message: `it adds ${quoted(where.path ?? '')} to what its base starts by the clock or at boot`,
      remedy: 'Take it out, or let what starts containers see to the times',
      where,
      args: {},
      ...(owner && { package: owner }),
    },
    [file.path],
  );
}
