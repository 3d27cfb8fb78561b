import { capabilityNames } from '../../model/file-capabilities.ts';
import type { FileNode } from '../../model/filesystem/filesystem.ts';
import { givesPrivileges, type LayerEntry } from '../../model/filesystem/layer-entry.ts';
import type { Finding, Severity } from '../../model/finding.ts';
import { octal } from '../../model/inspection.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { FileCheck } from '../check.ts';
import { makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';
import { gravestFirst } from './parts/gravest.ts';

/** Programs with special rights that distributions install with almost everything, and where they do. */
const USUAL: ReadonlySet<string> = new Set(
  [
    'arping bbsuid chage chfn chsh clockdiff crontab dbus-daemon-launch-helper expiry fusermount fusermount3',
    'gpasswd grub2-set-bootflag mount mount.nfs mtr-packet newgidmap newgrp newuidmap pam_extrausers_chkpwd',
    'pam_timestamp_check passwd ping ping6 pkexec polkit-agent-helper-1 ssh-agent ssh-keysign su sudo',
    'traceroute6.iputils umount unix2_chkpwd unix_chkpwd userhelper utempter wall write',
  ].flatMap((names) => names.split(' ')),
);
const SYSTEM = /^(?:usr\/)?(?:s?bin|lib(?:32|64|exec)?)\//;
/** Programs that run whatever they are told: with the rights of root nobody needs them but to become root. */
const RUNS_ANYTHING =
  /^(?:a?sh|bash|busybox|csh|dash|ksh|zsh|fish|env|find|xargs|awk|gawk|mawk|sed|vim?|nano|less|more|cp|mv|dd|tee|tar|gdb|strace|nmap|socat|docker|chmod|chown|chroot|curl|ed|ex|expect|git|install|make|nsenter|openssl|rsync|scp|setpriv|tclsh|timeout|unshare|view|wget|python[0-9.]*|perl[0-9.]*|ruby[0-9.]*|php[0-9.]*|node|lua[0-9.]*)$/;
/** Capabilities by which a process in a container becomes root there, or more. */
const GRAVE: ReadonlySet<string> = new Set(
  ['chown', 'dac_override', 'fowner', 'setuid', 'setgid', 'setfcap', 'sys_admin', 'sys_module', 'sys_ptrace']
    .concat(['sys_rawio', 'dac_read_search', 'bpf'])
    .map((name) => `cap_${name}`),
);
const SETUID = 0o4000;
const MOST_PATHS = 20;

interface Program {
  readonly file: FileNode;
  readonly severity: Severity;
  readonly isOwn: boolean;
}

/**
 * Finds programs that give rights to whoever starts them: setuid, setgid and file capabilities. Those of the base are
 * not told where one is known; where none is, those that are usual or a package's are told together, as a remark.
 * Source: execve(2), capabilities(7).
 */
export const hygieneSetuid: FileCheck = {
  id: 'hygiene.setuid',
  reads: 'files',
  run({ files }, { base }) {
    const known = programsOfBase(files, base?.match?.layers);
    // Where the policy approves bases and none was found, any layer may be the image's own.
    const odd = base === undefined ? 'low' : 'medium';
    const programs = gravestFirst(
      privilegedOf(files).flatMap((file) => weigh(files, file, known, odd) ?? []),
    );
    const usual = programs.filter(({ severity }) => severity === 'info');
    const others = programs.filter(({ severity }) => severity !== 'info');
    return [...tellFew(others, (one) => givesRights(files, one)), ...tellUsual(files, usual)];
  },
};

/** Each once, however many names it has. */
function privilegedOf(files: ImageFiles): readonly FileNode[] {
  const found = new Map<string, FileNode>();
  for (const { layer, ordinal, entry } of files.entries()) {
    const file = givesPrivileges(entry) ? files.filesystem.made(layer, ordinal) : undefined;
    if (file !== undefined && givesPrivileges(file)) found.set(file.path, file);
  }
  return [...found.values()];
}

/** @param odd what weighs a program that is neither usual nor a package's, where nobody knows whose it is */
function weigh(
  files: ImageFiles,
  file: FileNode,
  base: BasePrograms | undefined,
  odd: Severity,
): Program | undefined {
  const isOwn = base !== undefined && file.layer >= base.layers;
  const isPackaged = files.packageOf(file)?.by === 'digest';
  if (base !== undefined && !isOwn) return undefined;
  if (base?.had.has(keyOf(file)) === true && (isPackaged || base.contents.has(files.digestOf(file) ?? '')))
    return undefined;
  // A package vouches for the content, and not for the rights: nobody ships a shell with those of root.
  if (isGrave(file)) return { file, isOwn, severity: 'high' };
  if (isOwn) return { file, isOwn, severity: 'medium' };
  const isUsual = SYSTEM.test(file.path) && USUAL.has(nameOf(file.path));
  return { file, isOwn, severity: isPackaged || isUsual ? 'info' : odd };
}

type RightsField = 'path' | 'mode' | 'uid' | 'gid' | 'capabilities';

interface BasePrograms {
  readonly layers: number;
  /** by path and rights: what a later layer only copies up is no news, nor what a package's update brings */
  readonly had: ReadonlySet<string>;
  /** sha256 of what is in them: another program under the name of one is news */
  readonly contents: ReadonlySet<string>;
}

function programsOfBase(files: ImageFiles, layers: number | undefined): BasePrograms | undefined {
  if (layers === undefined) return undefined;
  const had = new Set<string>();
  const contents = new Set<string>();
  for (const { layer, ordinal, entry } of files.entries()) {
    if (layer >= layers || !givesPrivileges(entry)) continue;
    had.add(keyOf(entry));
    const digest = files.digestOf({ layer, ordinal });
    if (digest !== undefined) contents.add(digest);
  }
  return { layers, had, contents };
}

function keyOf({ path, mode, uid, gid, capabilities = 0 }: Pick<LayerEntry, RightsField>): string {
  return [mode, uid, gid, capabilities, path].join(' ');
}

function isGrave({ path, mode, capabilities = 0, uid }: FileNode): boolean {
  if (!RUNS_ANYTHING.test(nameOf(path))) return false;
  const isRoot = (mode & SETUID) !== 0 && uid === 0;
  return isRoot || capabilityNames(capabilities).some((name) => GRAVE.has(name));
}

function givesRights(files: ImageFiles, { file, severity, isOwn }: Program): Finding {
  const where = files.locate(file);
  const rights = rightsOf(file);
  const owner = files.packageOf(file);
  const news = isOwn ? ', which its base does not have' : '';
  return makeFinding(
    {
      rule: 'hygiene.setuid',
      severity,
      confidence: 'high',
      message: `${quoted(where.path ?? '')} gives whoever starts it ${rights.join(' and ')}${news}`,
      remedy: 'Take the bit or the capability away where nothing needs it: chmod a-s, setcap -r',
      where,
      args: { mode: octal(file.mode), rights },
      ...(owner && { package: owner }),
    },
    [file.path, ...rights],
  );
}

function rightsOf({ mode, uid, gid, capabilities = 0 }: FileNode): readonly string[] {
  return [
    ...((mode & SETUID) === 0 ? [] : [`the rights of user ${uid}`]),
    ...((mode & 0o2000) === 0 ? [] : [`the rights of group ${gid}`]),
    ...capabilityNames(capabilities),
  ];
}

/** One remark for all: every distribution has a dozen. */
function tellUsual(files: ImageFiles, usual: readonly Program[]): readonly Finding[] {
  const [first] = usual;
  if (first === undefined) return [];
  const paths = usual.map(({ file }) => file.path).sort();
  const { image, platform } = files.locate(first.file);
  const programs = paths.length === 1 ? 'one program' : `${paths.length} programs`;
  return [
    makeFinding(
      {
        rule: 'hygiene.usual-setuid',
        severity: 'info',
        confidence: 'high',
        message: `it has ${programs} with special rights, as distributions have them`,
        remedy: 'Name the base in the policy to see what the image adds to it',
        where: { ...(image && { image }), ...(platform !== undefined && { platform }) },
        args: { count: paths.length, paths: paths.slice(0, MOST_PATHS).map(files.clean) },
      },
      paths,
    ),
  ];
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
