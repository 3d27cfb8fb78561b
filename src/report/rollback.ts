import type { Promotion } from '../model/promotion.ts';
import { formatReference } from '../model/reference.ts';
import { foreign } from './foreign.ts';

const BARE = /^[\w@%+=:,./-]+$/;

/**
 * The command lines that let each moved tag stand for what it stood for before; none for a tag that was new. They go
 * through the gate as well: an image that the policy no longer admits does not come back that way.
 * @param flags what the run was given to reach the registry and the policy with, word by word
 */
export function rollbackCommands(
  { target: { registry, repository }, tags }: Pick<Promotion, 'target' | 'tags'>,
  flags: readonly string[] = [],
): readonly string[] {
  const name = formatReference({ registry, repository });
  return tags.flatMap(({ tag, state, previous }) => {
    if (state === 'kept' || previous === undefined) return [];
    const words = ['pratique', 'promote', `${name}@${previous}`, name, '--tag', tag, ...flags];
    return [words.map(inShell).join(' ')];
  });
}

/** A word as a POSIX shell takes it for one. */
function inShell(word: string): string {
  return foreign(BARE.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`, 4096);
}
