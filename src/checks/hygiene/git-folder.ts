import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { EntryPlace, ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

/** What a repository cannot be without, or is of use for alone; `.gitignore` and a submodule's file `.git` are not it. */
const REPOSITORY = /(?:^|\/)\.git\/(?:HEAD|config|index|packed-refs|objects)(?:\/|$)/;

/**
 * Finds git repositories in any layer, also deleted ones: with them everything that was ever checked in, and who did.
 * Source: gitrepository-layout(5).
 */
export const hygieneGitFolder: FileCheck = {
  id: 'hygiene.git-folder',
  reads: 'files',
  run({ files }) {
    const found = new Map<string, Repository>();
    for (const { layer, ordinal, entry } of files.entries()) {
      const inside = REPOSITORY.exec(entry.path);
      if (inside === null) continue;
      const folder = entry.path.slice(0, entry.path.indexOf('.git/', inside.index) + '.git'.length);
      if (found.get(folder)?.isVisible === true) continue;
      const place = { layer, ordinal, path: entry.path };
      const isSeen = isVisible(files, place);
      if (isSeen || !found.has(folder)) found.set(folder, { place, isVisible: isSeen });
    }
    return tellFew([...found], ([folder, { place }]) => findingOf(files, folder, place));
  },
};

interface Repository {
  /** of one entry in it, if there is one that a container sees */
  readonly place: EntryPlace;
  readonly isVisible: boolean;
}

function isVisible(files: ImageFiles, { layer, ordinal, path }: EntryPlace): boolean {
  return files.filesystem.visibility(layer, path, ordinal) === 'visible';
}

function findingOf(files: ImageFiles, folder: string, place: EntryPlace): Finding {
  const where = files.locate(place);
  const gone = where.visibility === 'visible' ? '' : ', although a later layer takes it away';
  return makeFinding(
    {
      rule: 'hygiene.git-folder',
      severity: 'medium',
      confidence: 'high',
      message: `whoever pulls the image has the git repository ${quoted(files.clean(folder))}${gone}`,
      remedy: 'Put .git into .dockerignore, and build again',
      where: { ...where, path: files.clean(folder) },
      args: { folder: files.clean(folder) },
    },
    [folder],
  );
}
