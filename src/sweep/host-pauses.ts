import { parseReference } from '../model/reference.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgedItem } from './judge-messages.ts';
import { NOBODY, type SweepWatch } from './sweep-watch.ts';
import { pauseAskedBy } from './swept-name.ts';

/** Times that an image is put off because its registry wants a pause; then it is told that it does. */
export const MOST_PAUSES = 5;

/**
 * Leaves a registry alone that says that it is asked too much, for as long as it wants: all of its images wait.
 * @param sleep milliseconds
 */
export function pausing(
  judge: (item: SweepItem) => Promise<JudgedItem>,
  now: () => number,
  sleep: (milliseconds: number) => Promise<void>,
  watch: SweepWatch = NOBODY,
): (item: SweepItem) => Promise<JudgedItem> {
  const pausedUntil = new Map<string, number>();
  const left = (host: string) => (pausedUntil.get(host) ?? 0) - now();
  return async (item) => {
    const host = hostOf(item);
    for (let pauses = 0; ; pauses++) {
      for (let wait = left(host); wait > 0; wait = left(host)) await sleep(wait);
      const image = await judge(item);
      const asked = pauseAskedBy(image);
      if (asked === undefined || pauses >= MOST_PAUSES) return image;
      watch.paused();
      pausedUntil.set(host, Math.max(pausedUntil.get(host) ?? 0, now() + asked * 1000));
    }
  };
}

/** The registry of an image; one that is in several is asked for by its first name. */
export function hostOf({ names: [first = ''] }: SweepItem): string {
  return parseReference(first).registry;
}
