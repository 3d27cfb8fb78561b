import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';

const MAIN_FILES = ['etc/sudoers', 'usr/etc/sudoers', 'usr/local/etc/sudoers'];
const FOLDERS = ['etc/sudoers.d', 'usr/etc/sudoers.d', 'usr/local/etc/sudoers.d'];
/** Names in such a folder that sudo passes over. @see sudoers(5), "Including other files from within sudoers" */
const PASSED_OVER = /\.|~$/;
const NO_PASSWORD = /(?:^|[\s:=)])NOPASSWD\s*:\s*(.*)$/;
const NO_PASSWORD_AT_ALL = /^Defaults\b.*(?:^|[\s,])!authenticate\b/;
/** A comment; `#1000` is a user by number, and `#include` a directive. */
const COMMENT = /#(?!\d|include(?:dir)?\s).*$/;

interface Line {
  readonly file: FileNode;
  /** from 1 */
  readonly number: number;
  /** whom it is about, as it is written */
  readonly who: string;
  readonly isEverything: boolean;
}

/** Finds accounts that become root by sudo without a password. Source: sudoers(5). */
export const hygieneSudoNopasswd: FileCheck = {
  id: 'hygiene.sudo-nopasswd',
  reads: 'files',
  run({ files }) {
    const inFolders = FOLDERS.flatMap((folder) =>
      [...files.list(folder)].map(({ path }) => path).filter((path) => !PASSED_OVER.test(nameOf(path))),
    );
    const lines = [...MAIN_FILES, ...inFolders.sort()].flatMap((path) => readLines(files, path));
    lines.sort((a, b) => Number(b.isEverything) - Number(a.isEverything));
    return tellFew(lines, (line) => findingOf(files, line));
  },
};

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function readLines(files: ImageFiles, path: string): readonly Line[] {
  const sudoers = files.read(path);
  if (sudoers === undefined) return [];
  const found: Line[] = [];
  let begun = '';
  let number = 1; // where it begins, of a line that is continued
  for (const [at, line] of sudoers.text.split('\n').entries()) {
    const [, open] = /^(.*)\\\r?$/.exec(line) ?? [];
    if (begun === '') number = at + 1;
    begun += open === undefined ? line : `${open} `;
    if (open !== undefined) continue;
    const said = readLine(begun.replace(COMMENT, '').trim());
    if (said !== undefined) found.push({ file: sudoers.file, number, ...said });
    begun = '';
  }
  return found;
}

/** Root needs no password to become root. */
function readLine(line: string): Pick<Line, 'who' | 'isEverything'> | undefined {
  const [who = ''] = line.split(/\s/, 1);
  if (NO_PASSWORD_AT_ALL.test(line)) return { who, isEverything: true };
  const [, commands] = NO_PASSWORD.exec(line) ?? [];
  if (commands === undefined || /^(?:root|#0)$/.test(who)) return undefined;
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
