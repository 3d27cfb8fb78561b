import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import { SCHEDULED } from '../../scan/kept-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

/**
 * Finds what is started by the clock or at boot and is not the base's: tables of cron, and units of systemd. Nothing is told
 * where the policy approves no bases, as every distribution brings its own; all where the image stands on none of them.
 * Source: crontab(5), systemd.unit(5).
 */
export const hygieneCron: FileCheck = {
  id: 'hygiene.cron',
  reads: 'files',
  run({ files }, { base }) {
    if (base === undefined) return [];
    const [unread] = base.unread;
    if (base.match === undefined && unread !== undefined) throw unread.error; // it may be that one's
    const first = base.match?.layers ?? 0;
    const found = new Map<string, FileNode>();
    for (const { layer, ordinal, entry } of files.entries()) {
      if (layer < first || entry.type === 'directory') continue;
      // Where it lies, not as it is written: a link of its layer may lead there.
      const file = files.filesystem.made(layer, ordinal);
      if (file === undefined) continue;
      if (SCHEDULED.test(file.path) || SCHEDULED.test(entry.path)) found.set(file.path, file);
    }
    const isVouched = (file: FileNode) => files.packageOf(file)?.by === 'digest';
    const all = [...found.values()].sort((a, b) => Number(isVouched(a)) - Number(isVouched(b)));
    const isAdded = base.match !== undefined;
    return tellFew(all, (file) => findingOf(files, file, { isVouched: isVouched(file), isAdded }));
  },
};

interface Told {
  readonly isVouched: boolean;
  /** to what a known base has */
  readonly isAdded: boolean;
}

function findingOf(files: ImageFiles, file: FileNode, { isVouched, isAdded }: Told): Finding {
  const where = files.locate(file);
  const shown = quoted(where.path ?? '');
  const does = isAdded ? `adds ${shown} to what its base starts` : `starts ${shown}`;
  const owner = files.packageOf(file);
  return makeFinding(
    {
      rule: 'hygiene.cron',
      severity: isVouched ? 'info' : 'low',
      confidence: 'high',
      message: `it ${does} by the clock or at boot`,
      remedy: 'Take it out, or let what starts containers see to the times',
      where,
      args: {},
      ...(owner && { package: owner }),
    },
    [file.path],
  );
}
