import type { FileNode, MergedFilesystem } from '../../../model/filesystem/filesystem.ts';
import type { Image, ImageConfig } from '../../../model/image.ts';
import { isDoor, walk } from './system-path.ts';

/** A program that a runtime starts of itself. */
export interface Started {
  /** `config.Entrypoint[0]` */
  readonly field: string;
  /** as the image has it; foreign */
  readonly command: string;
  /** where it lies when all links are followed, without a leading slash; below `proc` nothing of the image */
  readonly path: string;
  /** absent where the image has no such file */
  readonly file?: FileNode;
}

/** A folder in which programs are looked for. */
export interface SearchFolder {
  /** as it is written; empty for the working directory */
  readonly text: string;
  /** absolute; links and `..` in it are not resolved */
  readonly path: string;
}

/** Where runtimes look where an image does not say. @see containerd oci/spec.go, `defaultUnixEnv` */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Characters of one variable with which Linux starts a program. @see linux/binfmts.h, `MAX_ARG_STRLEN` */
const LONGEST = 128 * 1024;
const EXECUTABLE = 0o111;
/** What the folders of a process in `/proc` hold that can be run: its program, and open files. */
const OF_PROCESS = /^(?:exe|[0-9]+)$/;

/**
 * The folders of `PATH`, in their order, each once; what is relative counts from the working directory. Of two settings
 * the last counts.
 */
export function searchFolders({ env, workingDir }: ImageConfig): readonly SearchFolder[] {
  const said = env.findLast((line) => line.startsWith('PATH='))?.slice('PATH='.length, LONGEST);
  const folders = new Set((said || DEFAULT_PATH).split(':'));
  return [...folders].map((text) => ({ text, path: fromFolder(workingDir, text) }));
}

/**
 * What the entrypoint, or the command where there is none, and the health check start, or may: which folder of PATH it is found
 * in hangs on the runtime and on who it runs as. The arguments of a shell are not read.
 */
export function startedPrograms({ config }: Image, filesystem: MergedFilesystem): readonly Started[] {
  const { entrypoint, cmd, healthcheck } = config;
  const [kind, probe] = healthcheck;
  const commands = [
    entrypoint.length > 0
      ? { field: 'config.Entrypoint[0]', command: entrypoint[0] }
      : { field: 'config.Cmd[0]', command: cmd[0] },
    { field: 'config.Healthcheck[1]', command: kind === 'CMD' ? probe : undefined },
  ];
  return commands.flatMap(({ field, command = '' }) => {
    const found = command === '' ? [] : find(command, config, filesystem);
    return found.map((one) => ({ field, command, ...one }));
  });
}

/**
 * What a folder may stand for: runtimes in Go clean it by its letters, others leave `..` to the kernel, for which a link
 * before it leads elsewhere.
 */
export function readings(folder: string): readonly string[] {
  return folder.includes('..') ? [folder, walk(folder).path] : [folder];
}

/** Whether a path is one of those that runtimes lay over the image. */
export function isMounted(path: string): boolean {
  return /^(?:dev|proc|sys)(?:\/|$)/.test(path);
}

function fromFolder(folder: string, path: string): string {
  return path.startsWith('/') ? path : `/${folder}/${path}`;
}

type Found = Pick<Started, 'path' | 'file'>;

function find(command: string, config: ImageConfig, filesystem: MergedFilesystem): readonly Found[] {
  const found = command.includes('/')
    ? readings(config.workingDir).flatMap((folder) => look(fromFolder(folder, command), filesystem))
    : searchFolders(config).flatMap(({ path }) =>
        readings(path).flatMap((folder) => findIn(folder, command, filesystem)),
      );
  return [...new Map(found.map((one) => [one.path, one])).values()];
}

function findIn(folder: string, command: string, filesystem: MergedFilesystem): readonly Found[] {
  const isIn = isMounted(filesystem.resolve(folder) ?? '');
  return look(`${folder}/${command}`, filesystem).filter(({ path, file }) => {
    // A folder of the runtime's own has no program by that name, unless it is the runtime.
    if (isIn) return OF_PROCESS.test(command) && isDoor(walk(path));
    return isMounted(path) || ((file?.mode ?? 0) & EXECUTABLE) !== 0;
  });
}

/** Links are followed first: `..` goes up from where they have led. */
function look(wanted: string, filesystem: MergedFilesystem): readonly Found[] {
  const path = filesystem.resolve(wanted);
  if (path === undefined) return [];
  if (isMounted(path)) return [{ path }];
  const file = filesystem.lookup(path);
  return file?.type === 'file' ? [{ path, file }] : [];
}
