/** A path of a configuration, as the kernel would walk it before any link is followed. */
export interface WalkedPath {
  /** absolute, without `.`, `..` and double slashes */
  readonly path: string;
  /** the folders that are walked through, the end included, but for those far down: `..` takes back none of them */
  readonly through: readonly string[];
  readonly hasParent: boolean;
}

/** Parts of the longest folder that means something, `/proc/self/task/1/fd/8`. To tell longer ones would be quadratic. */
const TOLD_PARTS = 6;

/**
 * Walks a path from the root. What follows `..` is not where it seems: links in it are followed first. However long it
 * is, it counts to its end, as some runtimes clean a path before the kernel sees that it is too long.
 */
export function walk(text: string): WalkedPath {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  const here: string[] = [];
  const through: string[] = [];
  for (const part of parts) {
    if (part === '..') here.pop();
    else here.push(part);
    if (here.length <= TOLD_PARTS) through.push(`/${here.join('/')}`);
  }
  return { path: `/${here.join('/')}`, through, hasParent: parts.includes('..') };
}

/** What leads out of the container: open files, folders and the program of a process, which may be the runtime. */
const DOORS =
  /^(?:\/proc\/(?:self|thread-self|[0-9]+)(?:\/task\/[0-9]+)?\/(?:fd|exe|cwd|root|map_files)|\/dev\/fd)(?:\/|$)/;
const KERNEL = /^\/(?:proc|sys|dev)(?:\/|$)/;
const SHARED = /^\/dev\/shm(?:\/|$)/;
/** Standard input, output and error, to which programs write their logs by these names. */
const STANDARD = /^(?:\/proc\/(?:self|thread-self|[0-9]+)(?:\/task\/[0-9]+)?\/fd|\/dev\/fd)\/[0-2]$/;

/** Whether a path goes through an open file, folder or program of a process, as `/proc/self/fd/8` does. */
export function isDoor({ through }: WalkedPath): boolean {
  return through.some((folder) => DOORS.test(folder));
}

/** Whether a path is one of the three standard streams. */
export function isStandardStream({ path, hasParent }: WalkedPath): boolean {
  return !hasParent && STANDARD.test(path);
}

/** The folder of the kernel that a path goes through (`/proc`, `/sys`, `/dev`), if any; `/dev/shm` is a folder as others. */
export function kernelFolder({ through }: WalkedPath): string | undefined {
  const inside = through.find((folder, at) => {
    const next = folder === '/dev' ? (through[at + 1] ?? folder) : folder;
    return KERNEL.test(folder) && !SHARED.test(next);
  });
  return inside?.split('/', 2).join('/');
}
