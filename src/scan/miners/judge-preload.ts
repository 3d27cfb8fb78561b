import { JUDGEMENTS, type Judgement } from './judgements.ts';

/** Where no administrator keeps a library, and what hides processes by its name. */
const HIDDEN = /(?:^|\/)(?:\.[^/]*|tmp|shm)\/|\/\.[^/]+$|processhider/;

/**
 * Judges `etc/ld.so.preload` of a layer: a library from a hidden place, in every process, is there to hide another. That
 * there is any library at all is what `hygiene.preload` tells.
 * @param content the file, or as much of it as there is
 * @see ld.so(8): libraries between blanks or colons; a number sign begins a comment
 */
export function judgePreload(content: string): Judgement | undefined {
  const libraries = content.replace(/#.*/g, '').split(/[\s:]+/);
  return libraries.some((library) => HIDDEN.test(library)) ? JUDGEMENTS.preload : undefined;
}
