import { decodeName } from '../../io/tar/tar-text.ts';
import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

/** The last one first. */
const MAIN_FILES = ['usr/local/etc/sudoers', 'usr/etc/sudoers', 'etc/sudoers'];
const FOLDERS = ['usr/local/etc/sudoers.d', 'usr/etc/sudoers.d', 'etc/sudoers.d'];
/** Names in such a folder that sudo passes over. @see sudoers(5), "Including other files from within sudoers" */
const PASSED_OVER = /\.|~$/;
const NO_PASSWORD = /(?:^|[\s:,=)])NOPASSWD\s*:\s*(.*)$/;
/** Two of them say nothing. */
const TWICE_DENIED = /!\s*!\s*/g;
/** Also a group that is exempt is asked for no password. */
const NO_PASSWORD_AT_ALL = /^Defaults\b(?:.*[\s,])?(?:!\s*authenticate\b|exempt_group\s*\+?=\s*[^\s,])/;
/** Root, and nobody beside it. */
const ROOT_ALONE = /^(?:root|#0)\s+[^\s,]/;
/** An escaped sign; a quoted text; a comment, which no backslash continues. `#1000` is a user by number, `#include` a directive. */
const PIECE = /\\[\s\S]|"(?:[^"\\\n]|\\[\s\S])*"|#(?!\d|include(?:dir)?[^\S\n])[^\n]*/g;
const INCLUDE = /^[@#]include(dir)?\s+("?)(.+)\2$/;

interface Line {
  readonly file: FileNode;
  /** from 1 */
  readonly number: number;
  /** whom it is about, as it is written */
  readonly who: string;
  readonly isEverything: boolean;
}

interface Place {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Finds accounts that become root by sudo without a password. Source: sudoers(5); plugins/sudoers/toke.l for its words. */
export const hygieneSudoNopasswd: FileCheck = {
  id: 'hygiene.sudo-nopasswd',
  reads: 'files',
  run({ files }) {
    const lines = readAll(files);
    lines.sort((a, b) => Number(b.isEverything) - Number(a.isEverything));
    return tellFew(lines, (line) => findingOf(files, line));
  },
};

/** The main files, those of the folders, and whatever they include, each once. */
function readAll(files: ImageFiles): Line[] {
  const lines: Line[] = [];
  const seen = new Set<string>();
  const todo = [...FOLDERS.map(asFolder), ...MAIN_FILES.map(asFile)];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { path, isFolder } = next;
    const at = files.filesystem.resolve(path) ?? path;
    if (seen.has(at)) continue;
    seen.add(at);
    if (isFolder) todo.push(...inFolder(files, path).map(asFile));
    else
      for (const one of linesOf(files, path)) {
        const said = readLine(one.text);
        if (said !== undefined) lines.push({ ...one, ...said });
        todo.push(...included(files, path, one.text));
      }
  }
  return lines;
}

function asFile(path: string): Place {
  return { path, isFolder: false };
}

function asFolder(path: string): Place {
  return { path, isFolder: true };
}

/** The lines of a file without comments, those that are continued as one. */
function linesOf(
  files: ImageFiles,
  path: string,
): readonly (Pick<Line, 'file' | 'number'> & { text: string })[] {
  const sudoers = files.read(path);
  if (sudoers === undefined) return [];
  const { file } = sudoers;
  const lines: { file: FileNode; text: string; number: number }[] = [];
  let begun = '';
  let number = 1; // where it begins, of a line that is continued
  const clean = sudoers.text.replace(PIECE, (piece) => (piece.startsWith('#') ? '' : piece));
  for (const [at, line] of clean.split('\n').entries()) {
    const [, open] = /^(.*)\\\r?$/.exec(line) ?? [];
    if (begun === '') number = at + 1;
    begun += open === undefined ? line : `${open} `;
    if (open !== undefined) continue;
    lines.push({ file, text: begun.trim(), number });
    begun = '';
  }
  return lines;
}

/** The last one first. */
function inFolder(files: ImageFiles, folder: string): readonly string[] {
  const paths = [...files.list(folder)].map(({ path }) => path);
  return paths
    .filter((path) => !PASSED_OVER.test(path.slice(path.lastIndexOf('/') + 1)))
    .sort()
    .reverse();
}

/** The files that a line includes; a relative path counts from the folder of the file that has it. */
function included(files: ImageFiles, from: string, line: string): readonly Place[] {
  const [, isFolder, , target = ''] = INCLUDE.exec(line) ?? [];
  if (target === '') return [];
  const named = decodeName(target.replaceAll('\\ ', ' '));
  if (named.includes('%')) throw files.unread(named, 'what it stands for hangs on the name of the machine');
  const path = named.startsWith('/') ? named : `${from.slice(0, from.lastIndexOf('/') + 1)}${named}`;
  return [{ path, isFolder: isFolder !== undefined }];
}

/** Root needs no password to become root. */
function readLine(line: string): Pick<Line, 'who' | 'isEverything'> | undefined {
  const [who = ''] = line.split(/\s/, 1);
  if (NO_PASSWORD_AT_ALL.test(line.replace(TWICE_DENIED, ''))) return { who, isEverything: true };
  const [, commands] = NO_PASSWORD.exec(line) ?? [];
  if (commands === undefined || ROOT_ALONE.test(line)) return undefined;
  return { who, isEverything: /(?:^|[\s,:])ALL\b/.test(commands) };
}

function findingOf(files: ImageFiles, { file, number, who, isEverything }: Line): Finding {
  const account = files.clean(who);
  return makeFinding(
    {
      rule: 'hygiene.sudo-nopasswd',
      severity: isEverything ? 'medium' : 'low',
      confidence: 'high',
      message: `sudo lets ${quoted(account)} run ${isEverything ? 'everything' : 'some commands'} as another user without a password`,
      remedy: 'Take NOPASSWD out, or do what needs root while the image is built',
      where: files.locate(file),
      args: { account, line: number },
    },
    [file.path, who, String(isEverything)],
  );
}
