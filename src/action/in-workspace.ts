import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * The way from the checkout to a file, which a pull request could have changed then.
 * @param workspace absolute
 * @param file from the workspace, or absolute
 * @returns `undefined` for what lies outside
 */
export function wayInto(workspace: string, file: string): string | undefined {
  const way = relative(workspace, resolve(workspace, file));
  return isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`) ? undefined : way;
}

/** Whether a file of the checkout is a link, or lies behind one. What is not there is none. */
export async function isLinked(workspace: string, way: string): Promise<boolean> {
  try {
    return (await realpath(join(workspace, way))) !== join(await realpath(workspace), way);
  } catch {
    return false;
  }
}
