import type { FileNode, MergedFilesystem } from '../../model/filesystem/filesystem.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import { octal } from '../../model/inspection.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { ImageScan } from '../../scan/image-scan.ts';
import type { FileCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';
import { isMounted, type SearchFolder, searchFolders } from './parts/programs.ts';

const WRITABLE = 0o002;
const STICKY = 0o1000;
const MOST_PATHS = 20;

/**
 * Finds folders in which anybody may put a program that another then starts: those on PATH that everybody may write to, those
 * that are not there and anybody may make, and those that hang on the working directory; further, as a remark, all
 * other folders that everybody may write to and in which everybody may delete what others have.
 */
export const hygieneWritablePath: FileCheck = {
  id: 'hygiene.writable-path',
  reads: 'files',
  run(scan) {
    const { image, files } = scan;
    if (image.config.os === 'windows') return [];
    const onPath = searchFolders(image.config).flatMap((folder) => judge(scan, folder) ?? []);
    const told = new Set(onPath.map(({ folder }) => folder?.path));
    const others = writableFolders(files).filter(({ path }) => !told.has(path));
    return [...tellFew(distinct(onPath), (one) => findingOf(scan, one)), ...tellFolders(scan, others)];
  },
};

interface Open {
  readonly text: string;
  readonly why: string;
  readonly severity: Severity;
  readonly folder?: FileNode;
}

function judge({ files }: ImageScan, { text, path }: SearchFolder): Open | undefined {
  if (!text.startsWith('/')) return { text, why: 'hangs on the working directory', severity: 'low' };
  if (isMounted(files.filesystem.resolve(path) ?? ''))
    return { text, why: 'is what a runtime mounts there', severity: 'medium' };
  const folder = nearest(files.filesystem, path);
  if (folder === undefined || (folder.mode & WRITABLE) === 0) return undefined;
  const isThere = folder.path === files.filesystem.resolve(path);
  const severity = (folder.mode & STICKY) === 0 ? 'medium' : 'low';
  return {
    text,
    folder,
    severity,
    why: isThere ? 'can be written to by everybody' : 'can be made by everybody',
  };
}

/** The folder, or the last one on the way to it that is there. */
function nearest(filesystem: MergedFilesystem, path: string): FileNode | undefined {
  let at = filesystem.resolve(path) ?? '';
  while (at !== '') {
    const node = filesystem.lookup(at);
    if (node !== undefined) return node.type === 'directory' ? node : undefined;
    at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
  }
  return undefined;
}

function distinct(all: readonly Open[]): readonly Open[] {
  const found = [...new Map(all.map((one) => [one.text, one])).values()];
  return found.sort((a, b) => Number(b.severity === 'medium') - Number(a.severity === 'medium'));
}

function findingOf({ image, files }: ImageScan, { text, why, severity, folder }: Open): Finding {
  const shown = files.clean(text);
  return makeFinding(
    {
      rule: 'hygiene.writable-path',
      severity,
      confidence: 'high',
      message: `${quoted(shown)} on PATH ${why}`,
      remedy: 'Take the folder off PATH, or write access away: chmod o-w',
      where: { ...(folder && files.locate(folder)), ...atField(image, fieldOf(image)) },
      args: { folder: shown, ...(folder && { mode: octal(folder.mode) }) },
    },
    [text, why],
  );
}

function fieldOf({ config: { env } }: Image): string {
  const at = env.findLastIndex((line) => line.startsWith('PATH='));
  return at < 0 ? 'config.Env' : `config.Env[${at}]`;
}

/** Those without a sticky bit. */
function writableFolders(files: ImageFiles): readonly FileNode[] {
  const isOpen = ({ type, mode }: Pick<FileNode, 'mode'> & { readonly type: string }) =>
    type === 'directory' && (mode & (WRITABLE | STICKY)) === WRITABLE;
  const found = new Map<string, FileNode>();
  for (const { layer, ordinal, entry } of files.entries()) {
    const folder = isOpen(entry) ? files.filesystem.made(layer, ordinal) : undefined;
    if (folder !== undefined && isOpen(folder)) found.set(folder.path, folder);
  }
  return [...found.values()];
}

function tellFolders({ image, files }: ImageScan, folders: readonly FileNode[]): readonly Finding[] {
  const [first] = folders;
  if (first === undefined) return [];
  const paths = folders.map(({ path }) => path).sort();
  const { field: _, ...where } = atField(image, '');
  const many = paths.length === 1 ? 'a folder' : `${paths.length} folders`;
  return [
    makeFinding(
      {
        rule: 'hygiene.writable-folder',
        severity: 'low',
        confidence: 'high',
        message: `everybody may write to ${many} and delete what others have there: ${quoted(files.clean(paths[0] ?? ''))}${paths.length > 1 ? ', …' : ''}`,
        remedy: 'Take write access away (chmod o-w), or set the sticky bit',
        where,
        args: { count: paths.length, paths: paths.slice(0, MOST_PATHS).map(files.clean) },
      },
      paths,
    ),
  ];
}
