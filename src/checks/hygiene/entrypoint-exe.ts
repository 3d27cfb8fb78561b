import type { FileNode } from '../../model/filesystem/filesystem.ts';
import type { Finding } from '../../model/finding.ts';
import { quoted } from '../../model/printable.ts';
import type { ImageFiles } from '../../scan/image-files.ts';
import type { ImageScan } from '../../scan/image-scan.ts';
import type { FileCheck } from '../check.ts';
import { atField, makeFinding } from '../make-finding.ts';
import { tellFew } from './parts/few.ts';
import { isMounted, readings, type Started, startedPrograms } from './parts/programs.ts';
import { isDoor, kernelFolder, walk } from './parts/system-path.ts';

/** Scripts that Linux goes through to a program. @see fs/exec.c, `exec_binprm` */
const MOST_SCRIPTS = 5;

/**
 * Finds images that make the runtime start itself, or work in a folder of its own: the entrypoint, its interpreter or
 * the working directory leads to `/proc` through links of the image (CVE-2019-5736, CVE-2024-21626).
 */
export const hygieneEntrypointExe: FileCheck = {
  id: 'hygiene.entrypoint-exe',
  reads: 'files',
  run(scan) {
    const { image, files } = scan;
    if (image.config.os === 'windows') return [];
    const started = startedPrograms(image, files.filesystem).flatMap((program) => judge(scan, program));
    return [...tellFew(started, (one) => one), ...judgeWorkingDir(scan)];
  },
};

function judge(scan: ImageScan, started: Started): readonly Finding[] {
  const { command, path, file } = started;
  if (command.startsWith('/') && isDoor(walk(command))) return []; // told by `hygiene.workdir`
  const says = `${started.field === 'config.Healthcheck[1]' ? 'its health check' : 'its entrypoint'} ${shown(scan.files, command)}`;
  if (isMounted(path))
    return [startsRuntime(scan, started, path, `${says} leads to ${shown(scan.files, path)}`)];
  const interpreter = file && lastInterpreter(scan, file);
  if (interpreter === undefined || !isMounted(interpreter)) return [];
  return [
    startsRuntime(
      scan,
      started,
      interpreter,
      `${says} is a script that is run by ${shown(scan.files, interpreter)}`,
    ),
  ];
}

/** Where the interpreter of a script leads; through scripts that are interpreters themselves. */
function lastInterpreter({ image, files }: ImageScan, script: FileNode): string | undefined {
  let file: FileNode | undefined = script;
  let path: string | undefined;
  for (let depth = 0; depth < MOST_SCRIPTS && file !== undefined; depth++) {
    const named: string | undefined = files.interpreterOf(file);
    if (named === undefined) return path;
    path = files.filesystem.resolve(named.startsWith('/') ? named : `${image.config.workingDir}/${named}`);
    if (path === undefined || isMounted(path)) return path;
    file = files.filesystem.lookup(path);
  }
  return path;
}

function startsRuntime(
  { image, files }: ImageScan,
  { field, command, file }: Started,
  target: string,
  message: string,
): Finding {
  const isItself = isDoor(walk(target));
  return makeFinding(
    {
      rule: 'hygiene.entrypoint-exe',
      severity: isItself ? 'critical' : 'high',
      confidence: 'high',
      message: isItself ? `${message}, which is the runtime itself` : message,
      remedy: 'Do not run the image; find out who built it',
      where: { ...(file ? files.locate(file) : {}), ...atField(image, field) },
      args: { command: files.clean(command), target: files.clean(target) },
    },
    [field, command, target],
  );
}

/** What the working directory says by its letters is told by `hygiene.workdir`. */
function judgeWorkingDir({ image, files }: ImageScan): readonly Finding[] {
  const { workingDir } = image.config;
  if (workingDir === '' || kernelFolder(walk(workingDir)) !== undefined) return [];
  const targets = readings(workingDir).map((folder) => files.filesystem.resolve(folder) ?? '');
  const target = targets.find(isMounted);
  if (target === undefined) return [];
  return [
    makeFinding(
      {
        rule: 'hygiene.workdir-link',
        severity: isDoor(walk(target)) ? 'critical' : 'high',
        confidence: 'high',
        message: `its working directory ${shown(files, workingDir)} leads to ${shown(files, target)}`,
        remedy: 'Do not run the image; find out who built it',
        where: atField(image, 'config.WorkingDir'),
        args: { workingDir: files.clean(workingDir), target: files.clean(target) },
      },
      [workingDir, target],
    ),
  ];
}

function shown(files: ImageFiles, text: string): string {
  return quoted(files.clean(text));
}
