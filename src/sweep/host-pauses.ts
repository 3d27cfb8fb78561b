import { parseReference } from '../model/reference.ts';
import type { SweepItem } from '../model/sweep.ts';
import type { JudgedItem } from './judge-messages.ts';
import { NOBODY, type SweepWatch } from './sweep-watch.ts';
import { pauseAskedBy } from './swept-name.ts';

/** Times that an image is put off because its registry wants a pause; then it is told that it does. */
export const MOST_PAUSES = 5;

/**
 * Counts the pauses of a registry in which it has given no answer in between. One that wants more of them than an image waits for gets
 * no other image to wait: a registry that asks for a pause of an hour each time would hold a sweep of a thousand of its images for years.
 */
export class PauseCount {
  private pauses = 0;
  private until = 0;

  /** @param until when the pause ends, in milliseconds since 1970; what is asked for during a pause makes it longer, and no other one */
  paused(now: number, until: number): void {
    if (now >= this.until) this.pauses += 1;
    this.until = Math.max(this.until, until);
  }

  answered(): void {
    this.pauses = 0;
  }

  get isTooMany(): boolean {
    return this.pauses >= MOST_PAUSES;
  }
}

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
  const counts = new Map<string, PauseCount>();
  const left = (host: string) => (pausedUntil.get(host) ?? 0) - now();
  return async (item) => {
    const host = hostOf(item);
    const count = counts.get(host) ?? new PauseCount();
    counts.set(host, count);
    for (let pauses = 0; ; pauses++) {
      for (let wait = left(host); wait > 0; wait = left(host)) await sleep(wait);
      const image = await judge(item);
      const asked = pauseAskedBy(image);
      if (asked === undefined) count.answered();
      if (asked === undefined || pauses >= MOST_PAUSES || count.isTooMany) return image;
      watch.paused();
      const until = Math.max(pausedUntil.get(host) ?? 0, now() + asked * 1000);
      count.paused(now(), until);
      pausedUntil.set(host, until);
    }
  };
}

/** The registry of an image; one that is in several is asked for by its first name. */
export function hostOf({ names: [first = ''] }: SweepItem): string {
  return parseReference(first).registry;
}
